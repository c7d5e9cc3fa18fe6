package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"

	"github.com/spf13/cobra"

	"parley/cmd/parley/bench"
	"parley/cmd/parley/config"
)

func (a *app) benchASRCommand() *cobra.Command {
	var o bench.ASROptions
	var out string
	var asJSON bool
	c := &cobra.Command{
		Use:   "asr --manifest FILE.jsonl",
		Short: "Recognise recordings whose words are known, and count the errors",
		Args:  cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			if o.Manifest == "" {
				return usage("name the recordings: --manifest FILE.jsonl")
			}
			if o.Policy != "offline" && o.Policy != "agreement" {
				return usage("there is no policy %q; there are offline and agreement", o.Policy)
			}
			cfg, err := a.config()
			if err != nil {
				return err
			}
			return a.benchASR(c.Context(), cfg, o, out, asJSON)
		},
	}
	c.Flags().StringVar(&o.Manifest, "manifest", "", "JSON lines `FILE` of {file, text, seconds, set, speaker}; file is relative to it")
	c.Flags().StringVar(&o.Policy, "policy", "offline", "offline (each recording at once) or agreement (as while somebody speaks)")
	c.Flags().StringVar(&out, "out", "", "JSON lines `FILE` to write what was recognised to")
	c.Flags().IntVar(&o.Limit, "limit", 0, "take only the first `N` recordings")
	c.Flags().Uint64Var(&o.Seed, "seed", 1, "fixes the confidence intervals")
	c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object")
	a.source.Flags(c.Flags(), "asr.")
	a.source.Alias(c.Flags(), "model", "asr.model")
	return c
}

func (a *app) benchASR(ctx context.Context, cfg config.Config, o bench.ASROptions, out string, asJSON bool) (err error) {
	h := a.openHouse(cfg)
	defer h.close(&err)
	rt, err := h.runtime()
	if err != nil {
		return err
	}
	if out != "" {
		f, err := os.Create(out)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, f.Close()) }()
		o.Out = f
	}
	o.Model, o.Commit, o.Progress = cfg.ASR.Model, revision(), a.progress("recordings")
	r, err := bench.ASR(ctx, rt, o)
	if err != nil {
		return err
	}
	if asJSON {
		return a.printJSON(r)
	}
	for _, name := range slices.Sorted(maps.Keys(r.Sets)) {
		s := r.Sets[name]
		fmt.Fprintf(a.out, "%s: WER %.2f%% (95%% between %.2f and %.2f) of %d words\n", name, s.WER, s.CI95[0], s.CI95[1], s.Words)
	}
	_, err = fmt.Fprintf(a.out, "%d recordings, %.3f core seconds a second, %.1f ms a token\n", r.N, r.CoreSeconds, r.Token.P50)
	return err
}
