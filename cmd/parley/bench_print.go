package main

import (
	"encoding/json"

	"github.com/schollz/progressbar/v3"
)

// printJSON prints v as one object on one line.
func (a *app) printJSON(v any) error {
	return json.NewEncoder(a.out).Encode(v)
}

// progress gives a function that shows on standard error how far something is:
// a bar on a terminal, nothing elsewhere.
func (a *app) progress(what string) func(done, of int) {
	if !isTerminal(a.err) {
		return nil
	}
	var bar *progressbar.ProgressBar
	return func(done, of int) {
		if bar == nil {
			bar = progressbar.NewOptions(of, progressbar.OptionSetWriter(a.err), progressbar.OptionSetDescription(what), progressbar.OptionShowCount(), progressbar.OptionClearOnFinish())
		}
		_ = bar.Set(done) // a bar that cannot be drawn is no reason to stop
	}
}
