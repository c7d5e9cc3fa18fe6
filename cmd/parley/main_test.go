package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/pipeline/audio"
)

// asParley makes the test binary be Parley, so that the tests run the commands
// as a person would: as processes, with exit codes and signals.
const asParley = "RUN_AS_PARLEY"

func TestMain(m *testing.M) {
	if os.Getenv(asParley) != "" {
		main()
		return
	}
	os.Exit(m.Run())
}

// parley prepares a process.
func parley(ctx context.Context, t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(ctx, exe, args...)
	for _, line := range os.Environ() { // a developer's own settings stay out
		if !strings.HasPrefix(line, "PARLEY_") {
			c.Env = append(c.Env, line)
		}
	}
	c.Env = append(c.Env, asParley+"=1")
	return c
}

// run runs a process to its end.
func run(t *testing.T, stdin string, args ...string) (out, errs string, code int) {
	t.Helper()
	return runWith(t, stdin, nil, args...)
}

func runWith(t *testing.T, stdin string, env []string, args ...string) (out, errs string, code int) {
	t.Helper()
	c := parley(t.Context(), t, args...)
	c.Env = append(c.Env, env...)
	var stdout, stderr bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr = strings.NewReader(stdin), &stdout, &stderr
	err := c.Run()
	if _, ok := errors.AsType[*exec.ExitError](err); err != nil && !ok {
		t.Fatal(err)
	}
	return stdout.String(), stderr.String(), c.ProcessState.ExitCode()
}

// weights gives the store, or skips the test where there is none.
func weights(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("PARLEY_MODELS")
	if dir == "" {
		dir = "../../models/weights"
	}
	if _, err := os.Stat(dir); err != nil {
		t.Skip("no weights: run \"make models\" or set PARLEY_MODELS")
	}
	abs, err := filepath.Abs(dir)
	if err != nil {
		t.Fatal(err)
	}
	return abs
}

func TestExitCodes(t *testing.T) {
	text := filepath.Join(t.TempDir(), "letter.wav")
	if err := os.WriteFile(text, []byte("Dear all, this is a letter."), 0o600); err != nil {
		t.Fatal(err)
	}
	none := t.TempDir()
	for _, tc := range []struct {
		args      []string
		env       []string
		code      int
		out, errs string // parts of what is printed
	}{
		{args: []string{"version"}, out: "parley "},
		{args: []string{"--help"}, out: "transcribe"},
		{args: []string{"serve", "--help"}, out: "--webrtc-udp"},
		{args: []string{"config"}, out: "base_url:"},
		{args: []string{"ask", "What is twelve times seven?"}, out: "84"},
		{args: nil, code: 2, errs: "name a command"},
		{args: []string{"srve"}, code: 2, errs: `unknown command "srve"`},
		{args: []string{"models", "mend"}, code: 2, errs: `unknown command "mend"`},
		{args: []string{"serve", "now"}, code: 2, errs: `unknown command "now"`},
		{args: []string{"serve", "--prot", "1"}, code: 2, errs: "unknown flag: --prot"},
		{args: []string{"serve", "--listen"}, code: 2, errs: "needs an argument"},
		{args: []string{"serve", "--listen", "8080"}, code: 2, errs: `--listen: listen: "8080" is no address`},
		{args: []string{"serve", "--config", "none.yml"}, code: 2, errs: "cannot read none.yml"},
		{args: []string{"transcribe"}, code: 2, errs: "at least one"},
		{args: []string{"say", "Hello."}, code: 2, errs: "-o FILE.wav"},
		{args: []string{"say", "-o", "x.wav", " "}, code: 2, errs: "empty"},
		{args: []string{"bench"}, code: 2, errs: "which benchmark"},
		{args: []string{"bench", "asr"}, code: 2, errs: "--manifest"},
		{args: []string{"bench", "asr", "--manifest", "none.jsonl", "--policy", "guess"}, code: 2, errs: "guess"},
		{args: []string{"transcribe", "none.wav", "--models", none}, code: 1, errs: "make models"},
		{args: []string{"models", "verify", "--models", none}, code: 1, errs: "not whole"},
		{args: []string{"health", "--listen", "127.0.0.1:1"}, code: 1, errs: "does not answer"},
		{args: []string{"ask", "hi"}, env: []string{"PARLEY_ASR_MODLE=base", "PARLEY_TTS_VOICE=hal"}, code: 2, errs: "did you mean PARLEY_ASR_MODEL?"},
	} {
		out, errs, code := runWith(t, "", tc.env, tc.args...)
		if code != tc.code || !strings.Contains(out, tc.out) || !strings.Contains(errs, tc.errs) {
			t.Errorf("parley %q: exit code %d, want %d\nstandard output (want %q in it): %s\nstandard error (want %q in it): %s",
				tc.args, code, tc.code, tc.out, out, tc.errs, errs)
		}
		if strings.Contains(errs, "goroutine ") {
			t.Errorf("parley %q panics: %s", tc.args, errs)
		}
	}
}

// Every fault of every source is told in one go.
func TestFaultsAtOnce(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yml")
	if err := os.WriteFile(file, []byte("asr:\n  modle: tiny\nlog:\n  level: loud\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	_, errs, code := runWith(t, "", []string{"PARLEY_CONFIG=" + file, "PARLEY_TTS_SPEED=9"}, "serve", "--turn-silence", "long", "--asr-threads", "0")
	for _, want := range []string{
		file + ":2: asr.modle: there is no such key; did you mean asr.model?",
		file + ":4: log.level: \"loud\" is not one of debug, info, warn, error",
		"PARLEY_TTS_SPEED: tts.speed: 9 is not within 0.25 to 1.5",
		"--turn-silence: turn.silence: \"long\" is not a duration",
		"--asr-threads: asr.threads: 0 is not within 1 to 64",
	} {
		if !strings.Contains(errs, want) {
			t.Errorf("no %q in\n%s", want, errs)
		}
	}
	if code != 2 || strings.Count(errs, "\n") != 5 {
		t.Errorf("exit code %d, want 2, and 5 lines:\n%s", code, errs)
	}
}

func TestModels(t *testing.T) {
	dir := weights(t)
	out, errs, code := run(t, "", "models", "--models", dir)
	if code != 0 || !strings.Contains(out, "Silero VAD v6") || !strings.Contains(out, "MIT") || strings.Contains(out, "missing") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	out, errs, code = run(t, "", "models", "verify", "--models", dir)
	if code != 0 || !strings.Contains(out, "whole") {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
	// A store with one file altered and the others gone.
	bad := t.TempDir()
	vad, err := os.ReadFile(filepath.Join(dir, "silero", "silero_vad_v6.onnx"))
	if err != nil {
		t.Fatal(err)
	}
	vad[len(vad)/2] ^= 1
	if err := os.Mkdir(filepath.Join(bad, "silero"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(bad, "silero", "silero_vad_v6.onnx"), vad, 0o600); err != nil {
		t.Fatal(err)
	}
	out, _, code = run(t, "", "models", "list", "--json", "--models", bad)
	states := map[string]string{}
	for line := range strings.Lines(out) {
		var m model
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		states[string(m.Name)] = m.State
	}
	if code != 0 || states["silero/silero_vad_v6.onnx"] != "damaged" || states["moonshine/tokens.txt"] != "missing" {
		t.Errorf("exit code %d, states %v", code, states)
	}
	_, errs, code = run(t, "", "models", "verify", "--models", bad)
	if code != 1 || !strings.Contains(errs, "silero_vad_v6.onnx: expected") || !strings.Contains(errs, "make models") {
		t.Errorf("exit code %d: %s", code, errs)
	}
}

// What one command says another one understands.
func TestSayAndTranscribe(t *testing.T) {
	dir := weights(t)
	wav := filepath.Join(t.TempDir(), "hello.wav")
	if _, errs, code := run(t, "", "say", "--models", dir, "--voice", "alan", "-o", wav, "The train leaves at seven. Please bring an umbrella."); code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	rec, err := audio.ReadFile(wav)
	if err != nil {
		t.Fatal(err)
	}
	out, errs, code := run(t, "", "transcribe", "--models", dir, "--json", "--model", "base", wav)
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	var got transcription
	if err := json.Unmarshal([]byte(out), &got); err != nil {
		t.Fatal(err)
	}
	heard := strings.ToLower(got.Text)
	for _, word := range []string{"train", "seven", "bring", "umbrella"} {
		if !strings.Contains(heard, word) {
			t.Errorf("no %q in %q", word, got.Text)
		}
	}
	if got.File != wav || math.Abs(got.Seconds-rec.Duration().Seconds()) > 0.001 || got.RealTimeFactor <= 0 {
		t.Errorf("got %+v of %v", got, rec.Duration())
	}
	last := 0.0
	for _, w := range got.Words {
		if w.Start < last || w.End < w.Start || w.End > got.Seconds+0.05 || w.Confidence < 0 || w.Confidence > 1 {
			t.Errorf("word %+v after %g s", w, last)
		}
		last = w.Start
	}
	if len(got.Words) != len(strings.Fields(got.Text)) {
		t.Errorf("%d words of %q", len(got.Words), got.Text)
	}
	// The same by pipes, and with one file too many.
	piped, errs, code := run(t, "The train leaves at seven.", "say", "--models", dir, "--voice", "alan", "-o", "-")
	if code != 0 {
		t.Fatalf("exit code %d: %s", code, errs)
	}
	out, errs, code = run(t, piped, "transcribe", "--models", dir, "-", "none.wav")
	if code != 1 || !strings.Contains(strings.ToLower(out), "-: the train leaves at") || !strings.Contains(errs, "none.wav") {
		t.Errorf("exit code %d: %q, %q", code, out, errs)
	}
}
