package models

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// PiperVoices are the voices of the store.
var PiperVoices = []string{"jenny", "alan"}

// PiperGraphs are the paths of the three graphs that a voice is cut into; see
// Cut.
type PiperGraphs struct{ Encoder, Flow, Vocoder string }

// PiperGraphs gives a voice's graphs, and cuts the voice first if that has not
// been done or what it left is damaged. They are kept in the store's cache
// under the checksum of the voice that they are from.
func (s Store) PiperGraphs(voice string) (PiperGraphs, error) {
	source, err := s.Verified(PiperVoice(voice))
	if err != nil {
		return PiperGraphs{}, err
	}
	f, err := lookup(PiperVoice(voice))
	if err != nil {
		return PiperGraphs{}, err
	}
	// The form of the cut is part of the key, so that another one replaces it.
	const form = "1"
	base := filepath.Join(s.Dir, "cache", "piper-"+form+"-"+f.SHA256[:16])
	g := PiperGraphs{base + "-encoder.onnx", base + "-flow.onnx", base + "-vocoder.onnx"}
	paths := []string{g.Encoder, g.Flow, g.Vocoder}
	if want, err := os.ReadFile(base + ".sha256"); err == nil {
		if got, err := sums(paths); err == nil && got == string(want) {
			return g, nil
		}
	}
	raw, err := os.ReadFile(source)
	if err != nil {
		return g, fmt.Errorf("models: %w", err)
	}
	cut, err := CutPiper(raw)
	if err != nil {
		return g, fmt.Errorf("%w (voice %q)", err, voice)
	}
	if err := os.MkdirAll(filepath.Dir(base), 0o755); err != nil {
		return g, fmt.Errorf("models: keep the cut voice %q: %w", voice, err)
	}
	for i, data := range [][]byte{cut.Encoder, cut.Flow, cut.Vocoder} {
		if err := writeWhole(paths[i], data); err != nil {
			return g, fmt.Errorf("models: keep the cut voice %q: %w", voice, err)
		}
	}
	got, err := sums(paths)
	if err == nil {
		err = writeWhole(base+".sha256", []byte(got))
	}
	if err != nil {
		return g, fmt.Errorf("models: keep the cut voice %q: %w", voice, err)
	}
	return g, nil
}

// sums lists the checksums of files, a line each.
func sums(paths []string) (string, error) {
	var b strings.Builder
	for _, p := range paths {
		raw, err := os.ReadFile(p)
		if err != nil {
			return "", err
		}
		sum := sha256.Sum256(raw)
		fmt.Fprintf(&b, "%s  %s\n", hex.EncodeToString(sum[:]), filepath.Base(p))
	}
	return b.String(), nil
}

// writeWhole writes a file beside its place and moves it there when it is
// whole.
func writeWhole(path string, data []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(data)
	if err == nil {
		err = tmp.Chmod(0o644)
	}
	if err = errors.Join(err, tmp.Close()); err == nil {
		err = os.Rename(tmp.Name(), path)
	}
	if err != nil {
		err = errors.Join(err, os.Remove(tmp.Name()))
	}
	return err
}
