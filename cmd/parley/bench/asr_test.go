package bench

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"parley/models"
)

func TestASRManifest(t *testing.T) {
	t.Parallel()
	const good = `{"file":"a.flac","text":"one","seconds":1.5,"set":"s","speaker":"p","licence":"CC0"}`
	for _, tc := range []struct {
		name, in string
		limit, n int
		wrong    string
	}{
		{"one", good, 0, 1, ""},
		{"blank lines", "\n" + good + "\n\n" + good + "\n", 0, 2, ""},
		{"limited", strings.Repeat(good+"\n", 5), 3, 3, ""},
		{"no text", `{"file":"a.wav","text":null}`, 0, 1, ""},
		{"empty", "\n", 0, 0, "no items"},
		{"no file", good + "\n" + `{"text":"one"}`, 0, 0, "line 2 names no file"},
		{"no JSON", good + "\n\nfile: a", 0, 0, "line 3"},
	} {
		items, err := parseASRManifest(strings.NewReader(tc.in), tc.limit)
		if tc.wrong == "" && (err != nil || len(items) != tc.n) {
			t.Errorf("%s: %d items, %v", tc.name, len(items), err)
		}
		if tc.wrong != "" && (err == nil || !strings.Contains(err.Error(), tc.wrong)) {
			t.Errorf("%s: error %v, want it to say %q", tc.name, err, tc.wrong)
		}
	}
}

func FuzzASRManifest(f *testing.F) {
	f.Add([]byte(`{"file":"a.flac","text":"one","seconds":1.5,"set":"s"}`))
	f.Add([]byte("{\"file\":\"a\"}\n{"))
	f.Fuzz(func(t *testing.T, b []byte) {
		items, err := parseASRManifest(bytes.NewReader(b), 10)
		if err == nil && (len(items) == 0 || len(items) > 10) {
			t.Errorf("%d items", len(items))
		}
	})
}

// TestASR has espeak-ng say two sentences, one of which the manifest claims to
// have another last word.
func TestASR(t *testing.T) {
	store := os.Getenv("PARLEY_MODELS")
	if store == "" {
		store = "../../../models/weights"
	}
	rt, err := models.NewRuntime(models.Store{Dir: store})
	if err != nil {
		t.Skipf("no weights: %v", err)
	}
	defer rt.Close()
	dir := t.TempDir()
	var manifest bytes.Buffer
	for i, said := range []string{"There are many people in the garden.", "The children are playing in the street."} {
		out, err := exec.Command("espeak-ng", "-v", "en-us", "-s", "150", "--stdout", said).Output()
		if err != nil {
			t.Skipf("espeak-ng: %v", err)
		}
		name := fmt.Sprintf("%d.wav", i)
		if err := os.WriteFile(filepath.Join(dir, name), out, 0o600); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(&manifest, `{"file":%q,"text":%q,"set":"espeak"}`+"\n", name, strings.Replace(said, "street", "house", 1))
	}
	path := filepath.Join(dir, "manifest.jsonl")
	if err := os.WriteFile(path, manifest.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, policy := range []string{"offline", "agreement"} {
		t.Run(policy, func(t *testing.T) {
			var hyps bytes.Buffer
			steps := 0
			got, err := ASR(context.Background(), rt, ASROptions{
				Manifest: path, Model: "base", Policy: policy, Out: &hyps, Progress: func(int, int) { steps++ },
			})
			if err != nil {
				t.Fatal(err)
			}
			set := got.Sets["espeak"]
			if set == nil || set.Words != 14 || set.WER != 7.14 || set.CommittedWER < 7.14 {
				t.Errorf("set %+v, want one error in 14 words", set)
			}
			if got.N != 2 || steps != 2 || bytes.Count(hyps.Bytes(), []byte("\n")) != 2 {
				t.Errorf("%d items, %d steps, hypotheses %s", got.N, steps, &hyps)
			}
			if got.CoreSeconds <= 0 || got.Token.P50 <= 0 || got.Final.P95 <= 0 || got.Machine.ORT == "" {
				t.Errorf("not measured: %+v", got)
			}
			if live := policy != "offline"; live != (got.Lookahead != nil) || live && (got.Lookahead.Mean <= 0 || got.Emission.P50 <= 0) {
				t.Errorf("lookahead %+v, emission %+v", got.Lookahead, got.Emission)
			}
			if _, err := json.Marshal(got); err != nil {
				t.Error(err)
			}
		})
	}
	if _, err := ASR(context.Background(), rt, ASROptions{Manifest: path, Model: "base", Policy: "psychic"}); err == nil {
		t.Error("ran with a policy that there is not")
	}
}
