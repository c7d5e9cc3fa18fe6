package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/sync/errgroup"

	"parley/cmd/parley/config"
	"parley/pipeline/stage"
)

// maxText bounds what is read from standard input in place of an argument.
const maxText = 1 << 20

// text joins a command's arguments, or reads standard input if there are none
// or "-".
func (a *app) text(args []string, what string) (string, error) {
	text := strings.Join(args, " ")
	if len(args) == 0 && isTerminal(a.in) {
		return "", usage("give the %s as an argument or on standard input", what)
	}
	if len(args) == 0 || text == "-" {
		b, err := io.ReadAll(io.LimitReader(a.in, maxText+1))
		if err != nil {
			return "", fmt.Errorf("read the %s: %w", what, err)
		}
		if len(b) > maxText {
			return "", usage("the %s has more than %d bytes", what, maxText)
		}
		text = string(b)
	}
	if text = strings.TrimSpace(text); text == "" {
		return "", usage("the %s is empty", what)
	}
	return text, nil
}

func (a *app) askCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "ask [QUESTION]",
		Short: "Answer a question, text in and text out",
		Long:  "Thinks and words the answer as in a conversation, but without any sound. Without a question it reads one from standard input.",
		RunE: func(c *cobra.Command, args []string) error {
			question, err := a.text(args, "question")
			if err != nil {
				return err
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.ask(c.Context(), cfg, question)
		},
	}
	a.source.Flags(c.Flags(), "reasoner.", "llm.")
	return c
}

func (a *app) ask(ctx context.Context, cfg config.Config, question string) (err error) {
	h := a.openHouse(cfg)
	defer h.close(&err)
	mind, err := h.reasoner(func(err error) { fmt.Fprintf(a.err, "parley: the language model failed: %v\n", err) })
	if err != nil {
		return err
	}
	turn := stage.Turn{ID: "ask", Question: question, Now: time.Now()}
	findings := make(chan stage.Finding, 16)
	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		defer close(findings)
		return mind.Respond(gctx, turn, func(f stage.Finding) error {
			select {
			case findings <- f:
				return nil
			case <-gctx.Done():
				return gctx.Err()
			}
		})
	})
	g.Go(func() error {
		space := ""
		return h.narrator().Narrate(gctx, turn, findings, func(c stage.Clause) error {
			_, err := fmt.Fprint(a.out, space, c.Text)
			space = " "
			return err
		})
	})
	err = g.Wait()
	fmt.Fprintln(a.out)
	if ctx.Err() != nil {
		return errors.New("interrupted")
	}
	return err
}
