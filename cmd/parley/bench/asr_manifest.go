package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// ASRItem is a line of an ASR manifest.
type ASRItem struct {
	// File is a WAV, FLAC or MP3, relative to the manifest.
	File string `json:"file"`
	// Text is what is said; null where that is not known.
	Text    *string `json:"text"`
	Seconds float64 `json:"seconds"`
	Set     string  `json:"set"`
	Speaker string  `json:"speaker"`
}

// ReadASRManifest reads the first limit items of a manifest, or all if limit is
// not positive.
func ReadASRManifest(path string, limit int) ([]ASRItem, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("bench: manifest: %w", err)
	}
	defer f.Close()
	items, err := parseASRManifest(f, limit)
	if err != nil {
		return nil, fmt.Errorf("bench: manifest %s: %w", path, err)
	}
	return items, nil
}

// longestLine bounds a line of a manifest, in bytes.
const longestLine = 1 << 20

func parseASRManifest(r io.Reader, limit int) ([]ASRItem, error) {
	var items []ASRItem
	lines := bufio.NewScanner(r)
	lines.Buffer(nil, longestLine)
	for n := 1; lines.Scan() && (limit <= 0 || len(items) < limit); n++ {
		line := bytes.TrimSpace(lines.Bytes())
		if len(line) == 0 {
			continue
		}
		var it ASRItem
		if err := json.Unmarshal(line, &it); err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		if it.File == "" {
			return nil, fmt.Errorf("line %d names no file", n)
		}
		items = append(items, it)
	}
	if err := lines.Err(); err != nil {
		return nil, err
	}
	if len(items) == 0 {
		return nil, fmt.Errorf("it has no items")
	}
	return items, nil
}
