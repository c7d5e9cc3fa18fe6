// Install fills the store with the weights, from what "npm ci --ignore-scripts"
// in models/ has fetched and from the voices' Go modules, which it fetches. The
// Makefile runs it as "go run ./models/install" in the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"os/signal"
	"slices"

	"parley/models"
)

func main() {
	dir := flag.String("dir", "models/weights", "the store")
	packages := flag.String("packages", "models", "the folder with node_modules in it")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *dir, *packages); err != nil {
		fmt.Fprintln(os.Stderr, err)
		stop()
		os.Exit(1)
	}
}

func run(ctx context.Context, dir, packages string) error {
	if err := fetchModules(ctx); err != nil {
		return err
	}
	from, err := models.DefaultSources(ctx, packages)
	if err != nil {
		return err
	}
	return models.Install(ctx, models.Store{Dir: dir}, from, func(f models.File) {
		fmt.Fprintf(os.Stderr, "%-32s %6.1f MB  %s\n", f.Name, float64(f.Size)/1e6, f.Origin())
	})
}

// fetchModules brings the voices into Go's module cache, checked by go.sum. No
// package of the program imports them, so building it did not.
func fetchModules(ctx context.Context) error {
	args := []string{"mod", "download"}
	for _, f := range models.Manifest {
		if f.Registry == models.Go && !slices.Contains(args, f.Package) {
			args = append(args, f.Package)
		}
	}
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Stdout, cmd.Stderr = os.Stderr, os.Stderr
	if err := cmd.Run(); err != nil {
		return fmt.Errorf("install: fetch the voices: %w", err)
	}
	return nil
}
