package models

import (
	"archive/tar"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"
)

// packed makes a tar archive, compressed, with one file in it.
func packed(tb testing.TB, name, content string) []byte {
	tb.Helper()
	var b bytes.Buffer
	z, err := zstd.NewWriter(&b)
	if err != nil {
		tb.Fatal(err)
	}
	w := tar.NewWriter(z)
	if err := w.WriteHeader(&tar.Header{Name: name, Size: int64(len(content)), Mode: 0o644}); err != nil {
		tb.Fatal(err)
	}
	if _, err := w.Write([]byte(content)); err != nil {
		tb.Fatal(err)
	}
	for _, c := range []io.Closer{w, z} {
		if err := c.Close(); err != nil {
			tb.Fatal(err)
		}
	}
	return b.Bytes()
}

func described(content string) File {
	sum := sha256.Sum256([]byte(content))
	return File{
		Name: "thing/file.bin", What: "a thing", Registry: NPM, Package: "thing", Version: "1.0.0", Path: "dist/file",
		Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
	}
}

func TestInstall(t *testing.T) {
	t.Parallel()
	const pieces = "<unk>\n<s>\n</s>\n▁a"
	for _, tc := range []struct {
		name    string
		source  []byte
		extract extractor
		content string
		wrong   string // what the error says, if there has to be one
	}{
		{name: "copied", source: []byte("abc"), content: "abc"},
		{name: "from an archive", source: packed(t, "member", "abc"), extract: archived, content: "abc"},
		{name: "vocabulary", source: []byte(`const llama_vocab_base64 = "` + base64.StdEncoding.EncodeToString([]byte(pieces)) + `"` + "\n"), extract: vocabulary, content: pieces},
		{name: "no package", content: "abc", wrong: "npm ci --ignore-scripts"},
		{name: "altered package", source: []byte("abd"), content: "abc", wrong: "holds something else"},
		{name: "other archive", source: packed(t, "stranger", "abc"), extract: archived, content: "abc", wrong: "no member"},
		{name: "archive cut short", source: packed(t, "member", "abc")[:20], extract: archived, content: "abc", wrong: "thing@1.0.0"},
		{name: "no vocabulary", source: []byte("let x = 1"), extract: vocabulary, content: pieces, wrong: "llama_vocab_base64"},
		{name: "open vocabulary", source: []byte(`llama_vocab_base64 = "QQ==`), extract: vocabulary, content: pieces, wrong: "does not end"},
		{name: "bad base64", source: []byte(`llama_vocab_base64 = "Q"`), extract: vocabulary, content: pieces, wrong: "token pieces"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			folder, s := t.TempDir(), Store{Dir: t.TempDir()}
			f := described(tc.content)
			f.extract, f.Member = tc.extract, "member"
			if tc.source != nil {
				if err := os.MkdirAll(filepath.Join(folder, "dist"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(folder, "dist/file"), tc.source, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			err := install(s, f, folder)
			switch {
			case tc.wrong == "" && err != nil:
				t.Fatal(err)
			case tc.wrong == "":
				if err := s.Check(f); err != nil {
					t.Error(err)
				}
			case err == nil || !strings.Contains(err.Error(), tc.wrong):
				t.Errorf("error %v, want it to say %q", err, tc.wrong)
			}
			left, err := filepath.Glob(filepath.Join(s.Dir, "thing", "*"))
			if err != nil {
				t.Fatal(err)
			}
			hidden, err := filepath.Glob(filepath.Join(s.Dir, "thing", ".*"))
			if err != nil {
				t.Fatal(err)
			}
			if want := map[bool]int{true: 1, false: 0}[tc.wrong == ""]; len(left) != want || len(hidden) != 0 {
				t.Errorf("left behind: %v %v", left, hidden)
			}
		})
	}
}

func TestInstallStops(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := Install(ctx, Store{Dir: t.TempDir()}, Sources{}, nil); err == nil {
		t.Error("installed although cancelled")
	}
}

func FuzzVocabulary(f *testing.F) {
	f.Add([]byte(`const llama_vocab_base64 = "PHVuaz4KPHM+Cjwvcz4K"`))
	f.Add([]byte(`llama_vocab_base64 = "`))
	f.Fuzz(func(t *testing.T, source []byte) {
		var out bytes.Buffer
		if err := vocabulary(&out, bytes.NewReader(source), File{}); err == nil && out.Len() > len(source) {
			t.Errorf("%d bytes out of %d", out.Len(), len(source))
		}
	})
}

func FuzzArchived(f *testing.F) {
	f.Add(packed(f, "member", "abc"))
	f.Add(packed(f, "stranger", "abc"))
	f.Fuzz(func(t *testing.T, source []byte) {
		var out bytes.Buffer
		_ = archived(&out, bytes.NewReader(source), File{Member: "member", Size: 100})
		if out.Len() > 101 {
			t.Errorf("wrote %d bytes for a file of 100", out.Len())
		}
	})
}
