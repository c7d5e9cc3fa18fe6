package webrtc

import (
	"bytes"
	"net/http/httptest"
	"path"
	"strings"
	"testing"

	"github.com/pion/webrtc/v4"

	"parley/transport/internal/talk"
)

// browserOffer is an offer as a client with a microphone makes it.
func browserOffer(t testing.TB) string {
	t.Helper()
	pc, err := webrtc.NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	defer pc.GracefulClose()
	if _, err := pc.AddTransceiverFromKind(webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	if _, err := pc.CreateDataChannel("oai-events", nil); err != nil {
		t.Fatal(err)
	}
	offer, err := pc.CreateOffer(nil)
	if err != nil {
		t.Fatal(err)
	}
	return offer.SDP
}

// FuzzOffer answers whatever is offered, or refuses it; nothing of it stays.
func FuzzOffer(f *testing.F) {
	sdp := browserOffer(f)
	f.Add(sdp)
	f.Add(strings.ReplaceAll(sdp, "sendrecv", "recvonly"))
	f.Add(strings.ReplaceAll(sdp, "opus/48000/2", "PCMU/8000"))
	f.Add(strings.ReplaceAll(sdp, "m=audio", "m=video"))
	f.Add(sdp[:len(sdp)/2])
	f.Add("v=0\r\n")
	s, err := NewServer(Options{Service: talk.Service(f), UDP: "127.0.0.1:0"})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() {
		if err := s.Close(); err != nil {
			f.Error(err)
		}
	})
	f.Fuzz(func(t *testing.T, offer string) {
		r := httptest.NewRequest("POST", Path, strings.NewReader(offer))
		r.Header.Set("Content-Type", "application/sdp")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		switch {
		case w.Code == 201:
			s.Hangup(path.Base(w.Header().Get("Location")))
		case w.Code >= 500:
			t.Errorf("%d: %s", w.Code, w.Body)
		}
		s.wg.Wait()
	})
}

// FuzzForm reads whatever claims to be a form.
func FuzzForm(f *testing.F) {
	f.Add("multipart/form-data; boundary=b", []byte("--b\r\nContent-Disposition: form-data; name=\"sdp\"\r\n\r\nv=0\r\n--b--\r\n"))
	f.Add("multipart/form-data", []byte("x"))
	f.Add("application/sdp; charset=utf-8", []byte("v=0"))
	f.Fuzz(func(t *testing.T, kind string, body []byte) {
		r := httptest.NewRequest("POST", Path, bytes.NewReader(body))
		r.Header.Set("Content-Type", kind)
		offer, session, err := readOffer(r)
		if err == nil && (len(offer) > maxSDP || len(session) > maxSession) {
			t.Errorf("an offer of %d and a session of %d bytes were read", len(offer), len(session))
		}
		if err != nil && statusOf(err) >= 500 {
			t.Errorf("%v", err)
		}
	})
}
