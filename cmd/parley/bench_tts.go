package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"parley/cmd/parley/bench"
	"parley/cmd/parley/config"
)

func (a *app) benchTTSCommand() *cobra.Command {
	var o bench.TTSOptions
	var texts string
	var deaf, asJSON bool
	c := &cobra.Command{
		Use:   "tts",
		Short: "Speak texts, time the first sound, and count what a listener mishears",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if texts != "" {
				lines, err := os.ReadFile(texts)
				if err != nil {
					return err
				}
				for line := range strings.Lines(string(lines)) {
					if line = strings.TrimSpace(line); line != "" {
						o.Texts = append(o.Texts, line)
					}
				}
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.benchTTS(c.Context(), cfg, o, deaf, asJSON)
		},
	}
	c.Flags().StringVar(&texts, "texts", "", "`FILE` with one text a line; empty takes the built-in ones")
	c.Flags().IntVar(&o.Limit, "limit", 0, "speak only the first `N` texts")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "fixes the order of the texts")
	c.Flags().BoolVar(&deaf, "deaf", false, "do not recognise what was spoken")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	a.source.Flags(c.Flags(), "tts.", "asr.")
	a.source.Alias(c.Flags(), "voice", "tts.voice")
	return c
}

func (a *app) benchTTS(ctx context.Context, cfg config.Config, o bench.TTSOptions, deaf, asJSON bool) (err error) {
	h := a.openHouse(cfg)
	defer h.close(&err)
	if o.Synth, err = h.synthesizer(); err != nil {
		return err
	}
	if !deaf {
		ears, err := h.recognizer()
		if err != nil {
			return err
		}
		o.Listen = func(ctx context.Context, samples []float32) (string, error) {
			t, err := ears.Transcribe(ctx, samples)
			return t.Text, err
		}
	}
	o.Voice, o.Commit, o.Progress = cfg.TTS.Voice, revision(), a.progress("texts")
	r, err := bench.TTS(ctx, o)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(r)
	}
	fmt.Fprintf(a.out, "%d texts; first audio p50 %.0f ms, p95 %.0f ms; real-time factor %.3f\n", r.N, r.FirstAudio.P50, r.FirstAudio.P95, r.RTF)
	if r.RoundtripWER != nil {
		fmt.Fprintf(a.out, "round-trip word error rate %.2f%%\n", *r.RoundtripWER)
	}
	return nil
}
