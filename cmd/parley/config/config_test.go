package config

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with a file, or rewrites it.
func golden(t *testing.T, path, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s (rewritten by -update) differs: got\n%s\nwant\n%s", path, got, want)
	}
}

// set lists the settings that are not the defaults.
func set(c Config) string {
	def := Default()
	var b strings.Builder
	for _, f := range fields {
		if got := f.format(&c); got != f.format(&def) {
			fmt.Fprintf(&b, "%s = %s\n", f.path, got)
		}
	}
	return b.String()
}

func TestFiles(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatal("no fixtures", err)
	}
	for _, path := range files {
		t.Run(filepath.Base(path), func(t *testing.T) {
			s := Source{File: path}
			c, err := s.Load(nil)
			var got string
			switch bad := strings.HasSuffix(path, ".bad.yml"); {
			case bad && err == nil:
				t.Fatal("was taken")
			case bad:
				got = strings.ReplaceAll(err.Error(), "testdata/", "") + "\n"
			case err != nil:
				t.Fatal(err)
			default:
				got = set(c)
			}
			golden(t, strings.TrimSuffix(path, ".yml")+".txt", got)
		})
	}
}

func TestReference(t *testing.T) {
	var b bytes.Buffer
	if err := Reference(&b); err != nil {
		t.Fatal(err)
	}
	golden(t, "testdata/reference.good.yml", b.String())
}

func newSource(t *testing.T, args ...string) *Source {
	t.Helper()
	var s Source
	fs := pflag.NewFlagSet("test", pflag.ContinueOnError)
	fs.StringVar(&s.File, "config", "", "")
	s.Flags(fs, "")
	s.Alias(fs, "voice", "tts.voice")
	if err := fs.Parse(args); err != nil {
		t.Fatal(err)
	}
	return &s
}

func TestPrecedence(t *testing.T) {
	file := filepath.Join(t.TempDir(), "p.yml")
	if err := os.WriteFile(file, []byte("listen: 1.1.1.1:1\ndrain: 1s\ntts: {threads: 4}\nauth: {keys: [from-the-file]}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	env := []string{"PARLEY_LISTEN=2.2.2.2:2", "PARLEY_DRAIN=2s", "PARLEY_AUTH_KEYS=from-the-environment, and-another", "HOME=/", "PARLEY_CONFIG=" + file}
	c, err := newSource(t, "--listen", "3.3.3.3:3", "--webrtc-loopback", "--origins=http://a", "--origins", "http://b,http://c").Load(env)
	if err != nil {
		t.Fatal(err)
	}
	want := Default()
	want.Listen, want.Drain, want.TTS.Threads, want.WebRTC.Loopback = "3.3.3.3:3", 2*time.Second, 4, true
	want.Auth.Keys, want.Origins = []string{"from-the-environment", "and-another"}, []string{"http://a", "http://b", "http://c"}
	if got, want := set(c), set(want); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if c, err := newSource(t, "--config", file, "--voice", "alan").Load(nil); err != nil || c.Listen != "1.1.1.1:1" || c.TTS.Voice != "alan" {
		t.Errorf("got %q and %q (%v)", c.Listen, c.TTS.Voice, err)
	}
}

// Faults of all sources come at once, each with the place where it was set.
func TestAllFaultsAtOnce(t *testing.T) {
	_, err := newSource(t, "--config", "testdata/unknown.bad.yml", "--tts-speed", "fast", "--voice", "hal").
		Load([]string{"PARLEY_ASR_MODLE=tiny", "PARLEY_ASR_THREADS=0", "PARLEY_LISTEN=nowhere"})
	if _, ok := errors.AsType[Faults](err); !ok {
		t.Fatalf("got %v", err)
	}
	golden(t, "testdata/sources.txt", err.Error()+"\n")
}

func TestMissingFile(t *testing.T) {
	for _, path := range []string{"testdata/none.yml", "testdata"} {
		if _, err := newSource(t, "--config", path).Load(nil); err == nil || !strings.Contains(err.Error(), "--config: cannot read "+path) {
			t.Errorf("%s: %v", path, err)
		}
	}
}

// Every setting has the same three names, no two share one, and what help and
// the reference say of it is true.
func TestFields(t *testing.T) {
	seen := map[string]string{}
	var paths []string
	for _, f := range fields {
		paths = append(paths, f.path)
		for _, name := range []string{f.path, "--" + f.flag(), f.env()} {
			if other, ok := seen[name]; ok && other != f.path {
				t.Errorf("%s belongs to %s and to %s", name, other, f.path)
			}
			seen[name] = f.path
		}
		if f.doc == "" {
			t.Errorf("%s has no doc", f.path)
		}
		def, c := Default(), Default()
		text := []string{f.format(&def)}
		if f.isList() {
			text = nil
		}
		if err := f.set(&c, text); err != nil {
			t.Errorf("the default of %s cannot be read: %v", f.path, err)
		}
		if f.low != "" {
			for _, end := range []string{f.low, f.high} {
				if err := f.set(&c, []string{end}); err != nil {
					t.Errorf("an end of the range of %s cannot be read: %v", f.path, err)
				}
			}
		}
	}
	for _, want := range []string{
		"listen", "models", "drain", "origins", "log.level", "limits.sessions", "asr.model", "asr.threads",
		"tts.voice", "tts.threads", "reasoner.kind", "llm.base_url", "turn.silence", "webrtc.udp", "auth.keys",
	} {
		if !slices.Contains(paths, want) {
			t.Errorf("no setting %s", want)
		}
	}
	if f := byPath["asr.model"]; f.flag() != "asr-model" || f.env() != "PARLEY_ASR_MODEL" {
		t.Errorf("asr.model is --%s and %s", f.flag(), f.env())
	}
}

// Whatever the file, loading ends, and what is taken is valid.
func FuzzFile(f *testing.F) {
	files, err := filepath.Glob("testdata/*.yml")
	if err != nil {
		f.Fatal(err)
	}
	for _, path := range files {
		b, err := os.ReadFile(path)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		l := loader{c: Default(), where: map[string]string{}}
		l.readYAML("fuzz.yml", b)
		if len(l.faults) == 0 {
			for _, f := range fields {
				c := Default()
				if text := f.format(&l.c); !f.isList() && f.set(&c, []string{text}) != nil {
					t.Errorf("%s was taken as %q", f.path, text)
				}
			}
		}
		for _, fault := range l.faults {
			if fault.Where == "" || fault.Message == "" {
				t.Errorf("fault %+v", fault)
			}
		}
	})
}
