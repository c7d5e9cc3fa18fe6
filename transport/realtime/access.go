package realtime

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"parley/pipeline/stage"
)

// Access says who may connect. The zero value admits everybody who is not a
// web page of some other site.
type Access struct {
	// Keys are the API keys that clients may show. Without any, nobody has to
	// show one.
	Keys []string
	// Origins are the web origins ("https://app.example.com") whose pages may
	// connect beside the server's own and those of this machine; "*" is all.
	Origins []string
}

// insecureKey is how a browser, which cannot set headers, gives its key among
// the WebSocket subprotocols.
const insecureKey = "openai-insecure-api-key."

// ErrKey says that a request showed no key, or a wrong one.
var ErrKey = &stage.Fault{
	Class: stage.ErrInvalid, Code: "invalid_api_key",
	Message: "This server wants an API key: send it as \"Authorization: Bearer KEY\".",
}

// ErrOrigin says that a page of another site tried to connect.
var ErrOrigin = &stage.Fault{
	Class: stage.ErrInvalid, Code: "origin_not_allowed",
	Message: "Pages of this origin may not connect; the server's configuration lists those that may.",
}

// Check fails with ErrOrigin or ErrKey if the request may not pass.
func (a Access) Check(r *http.Request) error {
	if !a.AllowsOrigin(r) {
		return ErrOrigin
	}
	if len(a.Keys) == 0 {
		return nil
	}
	given := []string{}
	if auth := r.Header.Get("Authorization"); len(auth) > 7 && strings.EqualFold(auth[:7], "Bearer ") {
		given = append(given, strings.TrimSpace(auth[7:]))
	}
	for _, line := range r.Header.Values("Sec-WebSocket-Protocol") {
		for p := range strings.SplitSeq(line, ",") {
			if key, ok := strings.CutPrefix(strings.TrimSpace(p), insecureKey); ok {
				given = append(given, key)
			}
		}
	}
	for _, key := range given {
		if slices.ContainsFunc(a.Keys, func(k string) bool { return same(k, key) }) {
			return nil
		}
	}
	return ErrKey
}

// same compares without telling by its duration how much was right.
func same(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}

// AllowsOrigin says whether the page that makes the request, if one does, may.
func (a Access) AllowsOrigin(r *http.Request) bool {
	origin := r.Header.Get("Origin")
	if origin == "" || slices.Contains(a.Origins, "*") || slices.Contains(a.Origins, origin) {
		return true
	}
	u, err := url.Parse(origin)
	if err != nil || u.Host == "" {
		return false
	}
	return strings.EqualFold(u.Host, r.Host) || isLocal(u.Hostname())
}

func isLocal(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || strings.HasSuffix(host, ".localhost") || ip.IsLoopback()
}

// CORS lets the pages that may connect read what they are answered. It answers
// preflight requests itself and says so.
func (a Access) CORS(w http.ResponseWriter, r *http.Request) (answered bool) {
	h := w.Header()
	h.Add("Vary", "Origin")
	if origin := r.Header.Get("Origin"); origin != "" && a.AllowsOrigin(r) {
		h.Set("Access-Control-Allow-Origin", origin)
		h.Set("Access-Control-Expose-Headers", "Location")
		h.Set("Access-Control-Allow-Methods", "POST, OPTIONS")
		h.Set("Access-Control-Allow-Headers", "Authorization, Content-Type, X-OpenAI-Agents-SDK")
		h.Set("Access-Control-Max-Age", "600")
	}
	if r.Method != http.MethodOptions {
		return false
	}
	w.WriteHeader(http.StatusNoContent)
	return true
}

// WriteError answers a request with err in the form of OpenAI's errors.
func WriteError(w http.ResponseWriter, status int, err error) {
	f := stage.AsFault(err)
	w.Header().Set("Content-Type", "application/json")
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", "Bearer")
	}
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(struct {
		Error Error `json:"error"`
	}{errorWire(f, "")})
}

// StatusOf is the HTTP status that says what err says.
func StatusOf(err error) int {
	switch {
	case errors.Is(err, ErrKey):
		return http.StatusUnauthorized
	case errors.Is(err, ErrOrigin):
		return http.StatusForbidden
	case errors.Is(err, stage.ErrInvalid):
		return http.StatusBadRequest
	case errors.Is(err, stage.ErrOverloaded):
		return http.StatusTooManyRequests
	case errors.Is(err, stage.ErrUnavailable):
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}
