package main

import "github.com/spf13/cobra"

func (a *app) benchCommand() *cobra.Command {
	c := &cobra.Command{
		Use:   "bench",
		Short: "Measure Parley",
		Long:  "Each benchmark prints its figures, with --json as one JSON object on the last line, and exits 0 when it ran, whatever they are.",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return usage("say which benchmark") },
	}
	c.AddCommand(a.benchASRCommand(), a.benchVoiceCommand(), a.benchTTSCommand())
	return c
}
