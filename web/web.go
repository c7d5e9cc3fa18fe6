// Package web is Parley's page: a person opens it, presses one button and
// talks. The page is written in TypeScript under app/, built by Vite into dist/
// and embedded here, so the binary is all there is to install.
//
// Under app/src, realtime.ts keeps the connection, events.ts types what comes
// over it, store.ts makes the page's state of that (a pure function), and view/
// draws the state. The tests beside them run in Node (npm run test:unit); those
// under test/ drive Chromium (npm run test:browser).
//
// Run `make build` (or `npm ci --ignore-scripts && npm run build` in this
// folder) before building the binary; a binary built without the page serves
// one that says so.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"time"
)

//go:embed all:dist
var dist embed.FS

// Handler serves the page at "/" and its files below it. It answers GET and
// HEAD alone, and holds no state.
func Handler() http.Handler {
	built, err := fs.Sub(dist, "dist")
	if err != nil {
		panic(err) // "dist" is a valid path
	}
	h, err := newHandler(built)
	if err != nil {
		panic(err) // an embedded file system cannot fail to be read
	}
	return h
}

// policy keeps the page to what it is made of: nothing is loaded from anywhere
// else, nothing inline runs, and nobody may frame it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"media-src 'self' blob: mediastream:; connect-src 'self'; manifest-src 'self'; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// file is one file of the page, ready to be sent.
type file struct {
	mediaType string
	cache     string
	etag      string
	plain     []byte
	gzipped   []byte // nil if it is not worth it
}

// handler maps URL paths to files.
type handler map[string]*file

func newHandler(built fs.FS) (http.Handler, error) {
	h := handler{}
	err := fs.WalkDir(built, ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasPrefix(path.Base(name), ".") {
			return err
		}
		data, err := fs.ReadFile(built, name)
		if err != nil {
			return err
		}
		f, err := newFile(name, data)
		if err != nil {
			return err
		}
		h["/"+name] = f
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("web: reading the built page: %w", err)
	}
	if index, ok := h["/index.html"]; ok {
		h["/"] = index
	}
	return h, nil
}

func newFile(name string, data []byte) (*file, error) {
	sum := sha256.Sum256(data)
	f := &file{
		mediaType: mediaType(name),
		cache:     "no-cache",
		etag:      `"` + hex.EncodeToString(sum[:12]) + `"`,
		plain:     data,
	}
	// Vite writes a hash of the content into the names of these.
	if strings.HasPrefix(name, "assets/") {
		f.cache = "public, max-age=31536000, immutable"
	}
	var packed bytes.Buffer
	w, err := gzip.NewWriterLevel(&packed, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	_, err = w.Write(data)
	if err := errors.Join(err, w.Close()); err != nil {
		return nil, err
	}
	if packed.Len() < len(data)*9/10 {
		f.gzipped = packed.Bytes()
	}
	return f, nil
}

// mediaType does not ask the machine, whose tables may differ, for the types
// that the page must get right.
func mediaType(name string) string {
	switch path.Ext(name) {
	case ".html":
		return "text/html; charset=utf-8"
	case ".js", ".mjs":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".json", ".map":
		return "application/json"
	case ".webmanifest":
		return "application/manifest+json"
	}
	if t := mime.TypeByExtension(path.Ext(name)); t != "" {
		return t
	}
	return "application/octet-stream"
}

// ServeHTTP sends a file, compressed if the client can take that.
func (h handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	header := w.Header()
	header.Set("Content-Security-Policy", policy)
	header.Set("Permissions-Policy", "microphone=(self), camera=(), geolocation=()")
	header.Set("Referrer-Policy", "no-referrer")
	header.Set("X-Content-Type-Options", "nosniff")
	header.Set("X-Frame-Options", "DENY")
	header.Set("Cross-Origin-Opener-Policy", "same-origin")

	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		header.Set("Allow", "GET, HEAD")
		http.Error(w, "The page can only be read (GET).", http.StatusMethodNotAllowed)
		return
	}
	f, ok := h[r.URL.Path]
	if !ok {
		h.missing(w, r)
		return
	}
	header.Set("Content-Type", f.mediaType)
	header.Set("Cache-Control", f.cache)
	header.Set("Vary", "Accept-Encoding")
	data := f.plain
	// A range counts bytes of the plain file.
	if f.gzipped != nil && r.Header.Get("Range") == "" && takesGzip(r) {
		header.Set("Content-Encoding", "gzip")
		// ETags name a representation: the packed one is not the plain one.
		header.Set("ETag", strings.TrimSuffix(f.etag, `"`)+`-gzip"`)
		data = f.gzipped
	} else {
		header.Set("ETag", f.etag)
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(data))
}

const unbuilt = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Parley</title>
<h1>The page was not built</h1>
<p>This binary was made without it. Run <code>make build</code> and start Parley again.</p>
`

func (h handler) missing(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Cache-Control", "no-store")
	if _, built := h["/"]; r.URL.Path != "/" || built {
		http.Error(w, "There is nothing here. The page is at /.", http.StatusNotFound)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(http.StatusServiceUnavailable)
	_, _ = w.Write([]byte(unbuilt)) // nobody is left to tell
}

// takesGzip reads Accept-Encoding (RFC 9110, section 12.5.3).
func takesGzip(r *http.Request) bool {
	for _, line := range r.Header.Values("Accept-Encoding") {
		for coding := range strings.SplitSeq(line, ",") {
			name, weight, _ := strings.Cut(coding, ";")
			if strings.EqualFold(strings.TrimSpace(name), "gzip") {
				q := strings.ReplaceAll(strings.TrimSpace(weight), " ", "")
				return q == "" || strings.Trim(strings.TrimPrefix(q, "q="), "0.") != ""
			}
		}
	}
	return false
}
