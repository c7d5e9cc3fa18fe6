package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"parley/cmd/parley/config"
	"parley/pipeline/audio"
	"parley/pipeline/stage"
	"parley/tts/text"
)

func (a *app) sayCommand() *cobra.Command {
	var out string
	c := &cobra.Command{
		Use:   "say [TEXT] -o FILE.wav",
		Short: "Speak a text into a WAV file",
		Long:  "Speaks a text, or standard input, into a WAV file; \"-o -\" writes it to standard output as it is made.",
		RunE: func(c *cobra.Command, args []string) error {
			if out == "" {
				return usage("say where the sound should go: -o FILE.wav, or \"-o -\" for standard output")
			}
			if out == "-" && isTerminal(a.out) {
				return usage("standard output is a terminal; send it somewhere, or name a file with -o")
			}
			words, err := a.text(args, "text")
			if err != nil {
				return err
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.say(c.Context(), cfg, words, out)
		},
	}
	c.Flags().StringVarP(&out, "out", "o", "", "`FILE` to write")
	a.source.Flags(c.Flags(), "tts.")
	a.source.Alias(c.Flags(), "voice", "tts.voice")
	a.source.Alias(c.Flags(), "speed", "tts.speed")
	return c
}

func (a *app) say(ctx context.Context, cfg config.Config, words, out string) (err error) {
	h := a.openHouse(cfg)
	defer h.close(&err)
	mouth, err := h.synthesizer()
	if err != nil {
		return err
	}
	w := a.out
	if out != "-" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() {
			if err != nil {
				_ = os.Remove(out) // half a file is of no use
			}
		}()
		defer f.Close()
		w = f
	}
	var wav *audio.WAVWriter
	how := stage.Delivery{Voice: cfg.TTS.Voice, Speed: cfg.TTS.Speed}
	split := text.NewSplitter()
	for _, clause := range append(split.Write(words), split.Flush()...) {
		err := mouth.Speak(ctx, stage.Clause{Text: clause}, how, func(p stage.Speech) (err error) {
			if wav == nil {
				if wav, err = audio.NewWAVWriter(w, p.Format); err != nil {
					return err
				}
			}
			return wav.Write(p.Samples)
		})
		if ctx.Err() != nil {
			return errors.New("interrupted")
		}
		if err != nil {
			return err
		}
	}
	if wav == nil {
		return fmt.Errorf("there is nothing in the text that can be spoken")
	}
	return wav.Close()
}
