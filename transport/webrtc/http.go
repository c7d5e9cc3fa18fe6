package webrtc

import (
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"

	"parley/pipeline/stage"
	"parley/transport/realtime"
)

const (
	// maxSDP bounds an offer; a browser's with every codec it knows has 10 kB.
	maxSDP = 64 << 10
	// maxSession bounds the session that may come with it.
	maxSession = 256 << 10
)

// Path is where a Server stands.
const Path = "/v1/realtime/calls"

func (s *Server) routes() *http.ServeMux {
	mux := http.NewServeMux()
	mux.HandleFunc("POST "+Path, s.postCall)
	mux.HandleFunc("POST "+Path+"/{id}/hangup", s.postHangup)
	return mux
}

// ServeHTTP answers one request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if s.o.Access.CORS(w, r) {
		return
	}
	if err := s.o.Access.Check(r); err != nil {
		realtime.WriteError(w, realtime.StatusOf(err), err)
		return
	}
	s.http.ServeHTTP(w, r)
}

func (s *Server) postCall(w http.ResponseWriter, r *http.Request) {
	r.Body = http.MaxBytesReader(w, r.Body, maxSDP+maxSession+16<<10)
	offer, session, err := readOffer(r)
	if err != nil {
		realtime.WriteError(w, statusOf(err), err)
		return
	}
	c, answer, err := s.call(r.Context(), offer, session, r.URL.Query().Get("model"))
	if err != nil {
		realtime.WriteError(w, realtime.StatusOf(err), err)
		return
	}
	w.Header().Set("Content-Type", "application/sdp")
	w.Header().Set("Location", Path+"/"+c.id)
	w.WriteHeader(http.StatusCreated)
	_, _ = io.WriteString(w, answer)
}

func (s *Server) postHangup(w http.ResponseWriter, r *http.Request) {
	if !s.Hangup(r.PathValue("id")) {
		realtime.WriteError(w, http.StatusNotFound, stage.Invalid("call_not_found", "", "There is no such call."))
		return
	}
	w.WriteHeader(http.StatusOK)
}

var (
	errMediaType = stage.Invalid("unsupported_content_type", "", "Send the offer as application/sdp, or as multipart/form-data with the parts \"sdp\" and \"session\".")
	errTooLarge  = stage.Invalid("request_too_large", "", "The offer, or the session with it, is too large.")
)

func statusOf(err error) int {
	switch {
	case errors.Is(err, errMediaType):
		return http.StatusUnsupportedMediaType
	case errors.Is(err, errTooLarge):
		return http.StatusRequestEntityTooLarge
	default:
		return realtime.StatusOf(err)
	}
}

// readOffer reads an SDP offer and, if it came along, the session.
func readOffer(r *http.Request) (offer string, session []byte, err error) {
	kind, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	if err != nil {
		return "", nil, errMediaType
	}
	switch kind {
	case "application/sdp":
		b, err := readLimited(r.Body, maxSDP)
		return string(b), nil, err
	case "multipart/form-data":
		return readParts(multipart.NewReader(r.Body, params["boundary"]))
	default:
		return "", nil, errMediaType
	}
}

func readParts(m *multipart.Reader) (offer string, session []byte, err error) {
	for {
		p, err := m.NextPart()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", nil, bodyError(err)
		}
		var b []byte
		switch p.FormName() {
		case "sdp":
			b, err = readLimited(p, maxSDP)
			offer = string(b)
		case "session":
			b, err = readLimited(p, maxSession)
			session = b
		default:
			err = stage.Invalid("unknown_parameter", "", "The form may have the parts \"sdp\" and \"session\" alone.")
		}
		if err != nil {
			return "", nil, err
		}
	}
	if offer == "" {
		return "", nil, stage.Invalid("missing_required_parameter", "sdp", "The form lacks the part \"sdp\".")
	}
	return offer, session, nil
}

func readLimited(r io.Reader, limit int) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, int64(limit)+1))
	if err != nil {
		return nil, bodyError(err)
	}
	if len(b) > limit {
		return nil, errTooLarge
	}
	return b, nil
}

func bodyError(err error) error {
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return errTooLarge
	}
	return stage.Invalid("invalid_request", "", "The request's body cannot be read: %v.", err)
}
