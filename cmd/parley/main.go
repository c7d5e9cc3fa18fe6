// Command parley is a real-time voice assistant: a server to talk to, and the
// tools that go with it. This package joins the floors of the house: it reads
// the configuration, opens the backends, hands them to the pipeline and the
// doors, and ends them in the right order. Nothing else constructs a backend.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"runtime"
	"runtime/debug"
	"syscall"

	"github.com/spf13/cobra"

	"parley/cmd/parley/config"
)

// commit is set when the binary is built (-X main.commit=…).
var commit string

// The exit codes.
const (
	exitDone   = 0
	exitFailed = 1
	exitUsage  = 2
)

func main() {
	a := &app{in: os.Stdin, out: os.Stdout, err: os.Stderr, environ: os.Environ()}
	os.Exit(a.run(untilSignal(), os.Args[1:]))
}

// untilSignal gives a context that the first signal ends, to ask for an orderly
// end. By then the default action is back in force, so that a second signal
// ends the process at once.
func untilSignal() context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // as long as the process
		<-signals
		signal.Stop(signals)
		cancel()
	}()
	return ctx
}

// app is the process as its commands see it.
type app struct {
	in       io.Reader
	out, err io.Writer
	environ  []string
	source   config.Source
}

// usageError is one that is the caller's.
type usageError string

// Error says what is wrong.
func (e usageError) Error() string { return string(e) }

func usage(format string, args ...any) error { return usageError(fmt.Sprintf(format, args...)) }

// run executes one command line and gives the exit code.
func (a *app) run(ctx context.Context, args []string) int {
	root := a.command() //nolint:contextcheck // cobra hands ctx to the command that runs
	root.SetArgs(args)
	root.SetIn(a.in)
	root.SetOut(a.out)
	root.SetErr(a.err)
	began := false // whether a command got to its own work
	for _, c := range commands(root) {
		if work := c.RunE; work != nil {
			c.RunE = func(c *cobra.Command, args []string) error {
				began = true
				return work(c, args)
			}
		}
	}
	c, err := root.ExecuteContextC(ctx)
	_, faulty := errors.AsType[config.Faults](err)
	_, misused := errors.AsType[usageError](err)
	switch {
	case err == nil:
		return exitDone
	case faulty:
		fmt.Fprintln(a.err, err)
		return exitUsage
	case misused || !began:
		fmt.Fprintf(a.err, "parley: %v\nSee \"%s --help\".\n", err, c.CommandPath())
		return exitUsage
	default:
		fmt.Fprintf(a.err, "parley: %v\n", err)
		return exitFailed
	}
}

// commands lists c and everything below it.
func commands(c *cobra.Command) []*cobra.Command {
	all := []*cobra.Command{c}
	for _, sub := range c.Commands() {
		all = append(all, commands(sub)...)
	}
	return all
}

func (a *app) command() *cobra.Command {
	root := &cobra.Command{
		Use:   "parley",
		Short: "A voice assistant that listens, thinks and speaks at the same time",
		Long: "Parley is a real-time voice assistant. Start it with \"parley serve\" and open the page that it names.\n\n" +
			"Every setting is a flag, an environment variable (--asr-model is PARLEY_ASR_MODEL) and a key of a YAML\n" +
			"file (asr.model). A flag beats the environment, and that beats the file.",
		Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			c.SetOut(a.err)
			_ = c.Help()
			return usage("name a command")
		},
		SilenceUsage:  true,
		SilenceErrors: true,
	}
	root.PersistentFlags().StringVar(&a.source.File, "config", "", "YAML `FILE` with settings; \"parley config\" prints one with every setting")
	a.source.Flags(root.PersistentFlags(), "models", "log.")
	root.AddCommand(
		a.serveCommand(), a.sayCommand(), a.transcribeCommand(), a.askCommand(),
		a.modelsCommand(), a.benchCommand(), a.configCommand(), a.healthCommand(), a.versionCommand(),
	)
	return root
}

// config loads the configuration, complete and valid.
func (a *app) config() (config.Config, error) { return a.source.Load(a.environ) }

func (a *app) configCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "config",
		Short: "Print a configuration file that names every setting",
		Args:  cobra.NoArgs,
		RunE:  func(*cobra.Command, []string) error { return config.Reference(a.out) },
	}
}

func (a *app) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print what this binary was built from",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprintf(a.out, "parley %s (%s, %s/%s)\n", revision(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
			return err
		},
	}
}

// revision names the commit that the binary was built from.
func revision() string {
	if commit != "" {
		return commit
	}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				return s.Value[:min(12, len(s.Value))]
			}
		}
	}
	return "unknown"
}
