package models

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// put writes a file of the store that has the size of its manifest entry, since
// none of the tests needs its content.
func put(t *testing.T, s Store, n Name, content []byte) {
	t.Helper()
	path := s.Path(n)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
}

func TestVerifiedNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	f, err := lookup(MoonshineTokens)
	if err != nil {
		t.Fatal(err)
	}
	for _, tc := range []struct {
		name    string
		content []byte
		found   string
		is      error
	}{
		{"missing", nil, "there is no such file", fs.ErrNotExist},
		{"truncated", make([]byte, f.Size-1), fmt.Sprintf("found %d bytes", f.Size-1), ErrDamaged},
		{"grown", make([]byte, f.Size+1), fmt.Sprintf("found %d bytes", f.Size+1), ErrDamaged},
		{"altered", make([]byte, f.Size), "found SHA-256 ", ErrDamaged},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			s := Store{Dir: t.TempDir()}
			if tc.content != nil {
				put(t, s, f.Name, tc.content)
			}
			_, err := s.Verified(f.Name)
			if !errors.Is(err, tc.is) || !errors.Is(err, ErrDamaged) {
				t.Fatalf("error %v, want %v and %v", err, tc.is, ErrDamaged)
			}
			for _, part := range []string{s.Path(f.Name), fmt.Sprint(f.Size), f.SHA256, "llama-tokenizer-js@1.2.2", tc.found, `"make models"`} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the error does not say %q:\n%v", part, err)
				}
			}
		})
	}
	if _, err := (Store{Dir: t.TempDir()}).Verified("no/such.onnx"); err == nil {
		t.Error("a name that is not in the manifest was verified")
	}
}

// TestVerifiedOnce shows that a file is hashed once, and that one which was
// found damaged is looked at again.
func TestVerifiedOnce(t *testing.T) {
	t.Parallel()
	store := Store{Dir: os.Getenv("PARLEY_MODELS")}
	if store.Dir == "" {
		store.Dir = "weights"
	}
	content, err := os.ReadFile(store.Path(MoonshineTokens))
	if err != nil {
		t.Skip("no weights: run \"make models\" or set PARLEY_MODELS")
	}
	s := Store{Dir: t.TempDir()}
	put(t, s, MoonshineTokens, content[1:])
	if _, err := s.Verified(MoonshineTokens); err == nil {
		t.Fatal("a truncated file was verified")
	}
	put(t, s, MoonshineTokens, content)
	path, err := s.Verified(MoonshineTokens)
	if err != nil {
		t.Fatalf("mended: %v", err)
	}
	if !filepath.IsAbs(path) {
		t.Errorf("path %q is not absolute", path)
	}
	put(t, s, MoonshineTokens, nil)
	if _, err := s.Verified(MoonshineTokens); err != nil {
		t.Errorf("hashed a second time: %v", err)
	}
}

// TestManifestNamesThePinnedVersions keeps the manifest together with the files
// that pin what is fetched.
func TestManifestNamesThePinnedVersions(t *testing.T) {
	t.Parallel()
	read := func(path string) string {
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	npm, gomod := read("package.json"), read("../go.mod")
	for _, platform := range []string{"linux/amd64", "linux/arm64", "plan9/386"} {
		goos, goarch, _ := strings.Cut(platform, "/")
		seen := map[Name]bool{}
		for _, f := range manifest(goos, goarch) {
			want, in := fmt.Sprintf("%q: %q", f.Package, f.Version), npm
			if f.Registry == Go {
				want, in = f.Package+" "+f.Version, gomod
			}
			if !strings.Contains(in, want) {
				t.Errorf("%s: %s is not pinned", f.Name, want)
			}
			if seen[f.Name] || f.Size <= 0 || len(f.SHA256) != 64 || f.What == "" || f.Licence == "" {
				t.Errorf("%s on %s: bad entry %+v", f.Name, platform, f)
			}
			seen[f.Name] = true
		}
		if got, want := seen[RuntimeLibrary], goos == "linux"; got != want {
			t.Errorf("%s: runtime library listed: %v, want %v", platform, got, want)
		}
	}
	if lock := read("package-lock.json"); strings.Contains(lock, "://") {
		t.Error("the lock names a registry")
	}
}
