package web

import (
	"compress/gzip"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

func page() fstest.MapFS {
	return fstest.MapFS{
		".gitkeep":            {},
		"index.html":          {Data: []byte("<!doctype html>" + strings.Repeat("<p>page</p>", 100))},
		"assets/main-abc1.js": {Data: []byte(strings.Repeat("console.log(1);", 100))},
		"assets/look-abc2.css": {
			Data: []byte("p{}"),
		},
		"assets/icon-abc3.svg": {Data: []byte("<svg/>")},
	}
}

func serve(t *testing.T, built fs.FS, r *http.Request) *httptest.ResponseRecorder {
	t.Helper()
	h, err := newHandler(built)
	if err != nil {
		t.Fatal(err)
	}
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	return w
}

func TestHandler(t *testing.T) {
	const forever = "public, max-age=31536000, immutable"
	for _, tc := range []struct {
		method, path     string
		status           int
		mediaType, cache string
	}{
		{"GET", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"HEAD", "/", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/index.html", 200, "text/html; charset=utf-8", "no-cache"},
		{"GET", "/assets/main-abc1.js", 200, "text/javascript; charset=utf-8", forever},
		{"GET", "/assets/look-abc2.css", 200, "text/css; charset=utf-8", forever},
		{"GET", "/assets/icon-abc3.svg", 200, "image/svg+xml", forever},
		{"GET", "/.gitkeep", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/assets/", 404, "text/plain; charset=utf-8", "no-store"},
		{"GET", "/../web.go", 404, "text/plain; charset=utf-8", "no-store"},
		{"POST", "/", 405, "text/plain; charset=utf-8", ""},
	} {
		t.Run(tc.method+" "+tc.path, func(t *testing.T) {
			r := httptest.NewRequest(tc.method, "/", nil)
			r.URL.Path = tc.path
			got := serve(t, page(), r)
			if got.Code != tc.status {
				t.Errorf("status %d, want %d", got.Code, tc.status)
			}
			for name, want := range map[string]string{
				"Content-Type":           tc.mediaType,
				"Cache-Control":          tc.cache,
				"X-Content-Type-Options": "nosniff",
				"Permissions-Policy":     "microphone=(self), camera=(), geolocation=()",
			} {
				if h := got.Header().Get(name); h != want {
					t.Errorf("%s is %q, want %q", name, h, want)
				}
			}
			if csp := got.Header().Get("Content-Security-Policy"); !strings.Contains(csp, "frame-ancestors 'none'") {
				t.Errorf("Content-Security-Policy is %q", csp)
			}
		})
	}
}

func TestHandlerCompresses(t *testing.T) {
	want := string(page()["index.html"].Data)
	for _, tc := range []struct {
		accept, ranged string
		packed         bool
	}{
		{"", "", false},
		{"gzip, deflate, br", "", true},
		{"br;q=1.0, GZIP ; q=0.5", "", true},
		{"gzip;q=0", "", false},
		{"gzip; q=0.000", "", false},
		{"identity", "", false},
		{"gzip", "bytes=0-", false},
	} {
		t.Run(tc.accept+tc.ranged, func(t *testing.T) {
			r := httptest.NewRequest("GET", "/", nil)
			r.Header.Set("Accept-Encoding", tc.accept)
			if tc.ranged != "" {
				r.Header.Set("Range", tc.ranged)
			}
			got := serve(t, page(), r)
			var body io.Reader = got.Body
			if packed := got.Header().Get("Content-Encoding") == "gzip"; packed != tc.packed {
				t.Fatalf("packed: %t, want %t", packed, tc.packed)
			}
			if tc.packed {
				var err error
				if body, err = gzip.NewReader(got.Body); err != nil {
					t.Fatal(err)
				}
			}
			if data, err := io.ReadAll(body); err != nil || string(data) != want {
				t.Errorf("got %d bytes (%v), want %d", len(data), err, len(want))
			}
		})
	}
}

func TestHandlerKnowsWhatTheClientHas(t *testing.T) {
	first := httptest.NewRequest("GET", "/", nil)
	etag := serve(t, page(), first).Header().Get("ETag")
	again := httptest.NewRequest("GET", "/", nil)
	again.Header.Set("If-None-Match", etag)
	if got := serve(t, page(), again); got.Code != http.StatusNotModified {
		t.Errorf("the same page: status %d, want 304", got.Code)
	}
	changed := page()
	changed["index.html"] = &fstest.MapFile{Data: []byte("another")}
	if got := serve(t, changed, again); got.Code != http.StatusOK {
		t.Errorf("another page: status %d, want 200", got.Code)
	}
}

func TestHandlerWithoutPage(t *testing.T) {
	got := serve(t, fstest.MapFS{".gitkeep": {}}, httptest.NewRequest("GET", "/", nil))
	if got.Code != http.StatusServiceUnavailable || !strings.Contains(got.Body.String(), "make build") {
		t.Errorf("status %d, %q: it does not say what to do", got.Code, got.Body)
	}
}

// The page that is embedded, if it was built, is small.
func TestEmbeddedPage(t *testing.T) {
	h, ok := Handler().(handler)
	if !ok {
		t.Fatal("Handler is not a handler")
	}
	if _, built := h["/"]; !built {
		t.Skip("the page was not built: run make build")
	}
	sent := 0
	for name, f := range h {
		if name == "/index.html" {
			continue
		}
		if f.gzipped != nil {
			sent += len(f.gzipped)
		} else {
			sent += len(f.plain)
		}
	}
	if limit := 250_000; sent > limit {
		t.Errorf("the page takes %d bytes, more than %d", sent, limit)
	}
}
