package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
)

// ErrDamaged is within every error about a file of the store that is missing,
// cut short or altered.
var ErrDamaged = errors.New("not what the manifest says")

// Store is the directory where all weights lie.
type Store struct {
	Dir string
}

// Path is where a file of the store lies or would lie.
func (s Store) Path(n Name) string { return filepath.Join(s.Dir, filepath.FromSlash(string(n))) }

// verified remembers, by path, the files that this process has found right.
// Hashing takes a tenth of a second for the largest, and sessions are opened
// over and over in tests.
var verified sync.Map // path → *verification

type verification struct {
	sync.Mutex
	done bool
}

// Verified gives the path of a file after checking its size and SHA-256 against
// the manifest. The check is done once a file and process. The error names the
// file, what was expected, what is there, and the command that mends it; it is
// ErrDamaged, and fs.ErrNotExist if the file is missing.
func (s Store) Verified(n Name) (string, error) {
	f, err := lookup(n)
	if err != nil {
		return "", err
	}
	path, err := filepath.Abs(s.Path(n))
	if err != nil {
		return "", fmt.Errorf("models: %s: %w", n, err)
	}
	entry, _ := verified.LoadOrStore(path, new(verification))
	v := entry.(*verification)
	v.Lock()
	defer v.Unlock()
	if v.done {
		return path, nil
	}
	if err := s.Check(f); err != nil {
		return "", err
	}
	v.done = true
	return path, nil
}

// Check compares a file with its manifest entry, every time anew. The error is
// as Verified's.
func (s Store) Check(f File) error {
	path := s.Path(f.Name)
	in, err := os.Open(path)
	if err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return f.damaged(path, "there is no such file", err)
		}
		return f.damaged(path, "it cannot be opened", err)
	}
	defer in.Close()
	sum := sha256.New()
	size, err := io.Copy(sum, in)
	if err != nil {
		return f.damaged(path, "it cannot be read", err)
	}
	got := hex.EncodeToString(sum.Sum(nil))
	switch {
	case size != f.Size:
		return f.damaged(path, fmt.Sprintf("found %d bytes", size), nil)
	case got != f.SHA256:
		return f.damaged(path, fmt.Sprintf("found SHA-256 %s", got), nil)
	}
	return nil
}

// damaged words what is wrong with a file and how it is mended.
func (f File) damaged(path, found string, cause error) error {
	text := fmt.Sprintf("%s: expected %d bytes with SHA-256 %s (%s, from %s); %s; mend it with \"make models\"",
		path, f.Size, f.SHA256, f.What, f.Origin(), found)
	if cause == nil {
		return fmt.Errorf("models: %s: %w", text, ErrDamaged)
	}
	return fmt.Errorf("models: %s: %w: %w", text, ErrDamaged, cause)
}
