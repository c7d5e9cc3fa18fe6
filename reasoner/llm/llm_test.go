package llm

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"go.uber.org/goleak"

	"parley/pipeline/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// bySentence is a splitter that cuts behind full stops.
type bySentence struct{ held string }

func (s *bySentence) Write(delta string) []string {
	parts := strings.SplitAfter(s.held+delta, ". ")
	s.held = parts[len(parts)-1]
	return trimmed(parts[:len(parts)-1])
}

func (s *bySentence) Flush() []string { return trimmed([]string{s.held}) }

func trimmed(parts []string) []string {
	var out []string
	for _, p := range parts {
		if p = strings.TrimSpace(p); p != "" {
			out = append(out, p)
		}
	}
	return out
}

const key = "sk-very-secret"

// asking starts a server with the handler and makes a reasoner that asks it.
func asking(t *testing.T, h http.HandlerFunc, change func(*Options)) *Reasoner {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	o := Options{
		BaseURL: server.URL + "/v1", APIKey: key, Model: "test-model",
		NewSplitter: func() Splitter { return &bySentence{} },
		Client:      server.Client(),
	}
	if change != nil {
		change(&o)
	}
	r, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// ask returns what the reasoner said.
func ask(t *testing.T, r *Reasoner, turn stage.Turn) ([]string, error) {
	t.Helper()
	var said []string
	err := r.Respond(t.Context(), turn, func(f stage.Finding) error {
		for _, c := range f.Claims {
			said = append(said, c.Text)
		}
		return nil
	})
	return said, err
}

func play(w http.ResponseWriter, sse string) {
	w.Header().Set("Content-Type", "text/event-stream")
	_, _ = io.WriteString(w, sse)
	w.(http.Flusher).Flush()
}

func chunk(text string) string {
	b, _ := json.Marshal(text)
	return fmt.Sprintf(`data: {"id":"c","object":"chat.completion.chunk","choices":[{"index":0,"delta":{"content":%s},"finish_reason":null}]}`+"\n\n", b)
}

const (
	stop = `data: {"id":"c","choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}` + "\n\n"
	done = "data: [DONE]\n\n"
)

var capital = []string{"The capital of France is Paris.", "It lies on the Seine."}

func TestStreamsOfKnownServers(t *testing.T) {
	files, err := filepath.Glob("testdata/*.sse")
	if err != nil || len(files) == 0 {
		t.Fatal("no streams in testdata", err)
	}
	for _, file := range files {
		sse, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, variant := range []struct {
			name string
			sse  string
		}{
			{"", string(sse)},
			{"/crlf", strings.ReplaceAll(string(sse), "\n", "\r\n")},
			{"/without DONE", strings.ReplaceAll(string(sse), done, "")},
		} {
			t.Run(filepath.Base(file)+variant.name, func(t *testing.T) {
				r := asking(t, func(w http.ResponseWriter, _ *http.Request) { play(w, variant.sse) }, nil)
				said, err := ask(t, r, stage.Turn{Question: "What is the capital of France?"})
				if err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(said, capital) {
					t.Errorf("said %q, want %q", said, capital)
				}
			})
		}
	}
}

// TestClausesComeAsTheTextGrows lets the server wait with its second sentence
// until the first was emitted.
func TestClausesComeAsTheTextGrows(t *testing.T) {
	first := make(chan struct{})
	r := asking(t, func(w http.ResponseWriter, req *http.Request) {
		play(w, chunk("One is odd. Two"))
		select {
		case <-first:
		case <-req.Context().Done():
			t.Error("the first sentence was not emitted while the stream was open")
		}
		play(w, chunk(" is even.")+stop+done)
	}, nil)
	var ids []string
	err := r.Respond(t.Context(), stage.Turn{Question: "?"}, func(f stage.Finding) error {
		if len(ids) == 0 {
			close(first)
		}
		ids = append(ids, f.ID)
		if c := f.Claims[0]; f.Kind != stage.Answer || c.Source != "test-model" || !c.Final {
			t.Errorf("finding %+v", f)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(ids) != 2 || ids[0] == ids[1] {
		t.Errorf("findings %q, want two different ones", ids)
	}
}

// TestLastClauseDoesNotWaitForTheConnection: some servers leave it open.
func TestLastClauseDoesNotWaitForTheConnection(t *testing.T) {
	said := make(chan struct{})
	r := asking(t, func(w http.ResponseWriter, req *http.Request) {
		play(w, chunk("Yes.")+stop)
		select {
		case <-said:
		case <-req.Context().Done():
			t.Error("the last clause waited for the end of the connection")
		}
	}, nil)
	if err := r.Respond(t.Context(), stage.Turn{Question: "?"}, func(stage.Finding) error {
		close(said)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestBrokenStreams(t *testing.T) {
	for _, tc := range []struct {
		name string
		sse  string
		said []string
	}{
		{"nothing", "", nil},
		{"only DONE", done, nil},
		{"empty answer", stop + done, nil},
		{"not JSON", chunk("One. Two") + "data: {\"choices\": [\n\n", []string{"One."}},
		{"not a stream", `{"choices":[{"message":{"content":"hello"}}]}`, nil},
		{"a page", "<html><body>Welcome</body></html>", nil},
		{"an error in the stream", chunk("One. Two") + `data: {"error":{"message":"out of memory, key ` + key + `","type":"server_error"}}` + "\n\n", []string{"One."}},
		{"an error event", chunk("One. Two") + "event: error\n" + `data: {"error":{"message":"slot unavailable"}}` + "\n\n", []string{"One."}},
		{"cut off", chunk("One. Two"), []string{"One."}},
		{"only thoughts", chunk("<think>hm") + stop + done, nil},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := asking(t, func(w http.ResponseWriter, _ *http.Request) { play(w, tc.sse) }, nil)
			said, err := ask(t, r, stage.Turn{Question: "?"})
			if !errors.Is(err, stage.ErrUnavailable) {
				t.Errorf("got %v, want it to be %v", err, stage.ErrUnavailable)
			}
			if err != nil && strings.Contains(err.Error(), key) {
				t.Errorf("the key is in %q", err)
			}
			if !slices.Equal(said, tc.said) {
				t.Errorf("said %q, want %q", said, tc.said)
			}
		})
	}
}

func TestConnectionThatBreaks(t *testing.T) {
	r := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		play(w, chunk("One. Two"))
		panic(http.ErrAbortHandler)
	}, nil)
	said, err := ask(t, r, stage.Turn{Question: "?"})
	if !errors.Is(err, stage.ErrUnavailable) || !slices.Equal(said, []string{"One."}) {
		t.Errorf("said %q and %v", said, err)
	}
}

func TestUnreachable(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	server.Close()
	r := asking(t, nil, func(o *Options) { o.BaseURL, o.Retries = server.URL+"/"+key, -1 })
	_, err := ask(t, r, stage.Turn{Question: "?"})
	if !errors.Is(err, stage.ErrUnavailable) || strings.Contains(err.Error(), key) {
		t.Errorf("got %v", err)
	}
}

func TestRefusedByFilter(t *testing.T) {
	r := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		play(w, `data: {"choices":[{"index":0,"delta":{},"finish_reason":"content_filter"}]}`+"\n\n"+done)
	}, nil)
	var kinds []stage.Kind
	err := r.Respond(t.Context(), stage.Turn{Question: "?"}, func(f stage.Finding) error {
		kinds = append(kinds, f.Kind)
		return nil
	})
	if err != nil || !slices.Equal(kinds, []stage.Kind{stage.Apology}) {
		t.Errorf("got %v, %v; want one apology", kinds, err)
	}
}

func TestStatuses(t *testing.T) {
	for _, tc := range []struct {
		name     string
		status   int
		header   string // Retry-After of the failures
		failures int64  // before it succeeds
		requests int64
		class    error
	}{
		{"rate limit that passes", 429, "0.01", 2, 3, nil},
		{"server error that passes", 503, "0.01", 1, 2, nil},
		{"rate limit that stays", 429, "0.01", 99, 3, stage.ErrOverloaded},
		{"server error that stays", 500, "0.01", 99, 3, stage.ErrUnavailable},
		{"a wait that is too long", 429, "3600", 99, 1, stage.ErrOverloaded},
		{"wrong key", 401, "", 99, 1, stage.ErrUnavailable},
		{"no such model", 404, "", 99, 1, stage.ErrUnavailable},
		{"bad request", 400, "", 99, 1, stage.ErrUnavailable},
	} {
		t.Run(tc.name, func(t *testing.T) {
			var requests atomic.Int64
			r := asking(t, func(w http.ResponseWriter, req *http.Request) {
				if got := req.Header.Get("Authorization"); got != "Bearer "+key {
					t.Errorf("Authorization %q", got)
				}
				if requests.Add(1) > tc.failures {
					play(w, chunk("Yes.")+stop+done)
					return
				}
				if tc.header != "" {
					w.Header().Set("Retry-After", tc.header)
				}
				w.WriteHeader(tc.status)
				_, _ = io.WriteString(w, `{"error":{"message":"no, `+key+` will not do","type":"x","code":"y"}}`)
			}, nil)
			said, err := ask(t, r, stage.Turn{Question: "?"})
			if n := requests.Load(); n != tc.requests {
				t.Errorf("%d requests, want %d", n, tc.requests)
			}
			if !errors.Is(err, tc.class) {
				t.Errorf("got %v, want it to be %v", err, tc.class)
			}
			if err != nil && strings.Contains(err.Error(), key) {
				t.Errorf("the key is in %q", err)
			}
			if tc.class == nil && !slices.Equal(said, []string{"Yes."}) {
				t.Errorf("said %q", said)
			}
		})
	}
}

// TestNoRetryBehindTheFirstToken: what was said cannot be unsaid.
func TestNoRetryBehindTheFirstToken(t *testing.T) {
	var requests atomic.Int64
	r := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		requests.Add(1)
		play(w, chunk("One. "))
		panic(http.ErrAbortHandler)
	}, nil)
	_, err := ask(t, r, stage.Turn{Question: "?"})
	if err == nil || requests.Load() != 1 {
		t.Errorf("%d requests and %v, want one and an error", requests.Load(), err)
	}
}

func TestSilence(t *testing.T) {
	const short, long = 30 * time.Millisecond, time.Hour
	forever := func(req *http.Request) { <-req.Context().Done() }
	for _, tc := range []struct {
		name    string
		handler http.HandlerFunc
		change  func(*Options)
		want    error
		said    []string
	}{
		{
			"no headers", func(_ http.ResponseWriter, req *http.Request) { forever(req) },
			func(o *Options) { o.FirstToken, o.Stall, o.Total = short, long, long }, errFirstToken, nil,
		},
		{
			"headers and a role, but no token", func(w http.ResponseWriter, req *http.Request) {
				play(w, chunk(""))
				forever(req)
			},
			func(o *Options) { o.FirstToken, o.Stall, o.Total = short, long, long }, errFirstToken, nil,
		},
		{
			"stall", func(w http.ResponseWriter, req *http.Request) {
				play(w, chunk("One. Two"))
				forever(req)
			},
			func(o *Options) { o.FirstToken, o.Stall, o.Total = long, short, long }, errStalled,
			[]string{"One."},
		},
		{
			"never ending", func(w http.ResponseWriter, req *http.Request) {
				play(w, chunk("One. "))
				for req.Context().Err() == nil {
					play(w, chunk("and "))
					time.Sleep(time.Millisecond)
				}
			},
			func(o *Options) { o.FirstToken, o.Stall, o.Total = long, long, short }, errTotal, nil,
		},
	} {
		t.Run(tc.name, func(t *testing.T) {
			r := asking(t, func(w http.ResponseWriter, req *http.Request) {
				_, _ = io.Copy(io.Discard, req.Body) // else the server does not see the client go
				tc.handler(w, req)
			}, tc.change)
			said, err := ask(t, r, stage.Turn{Question: "?"})
			if !errors.Is(err, tc.want) || !errors.Is(err, stage.ErrUnavailable) {
				t.Errorf("got %v, want %v", err, tc.want)
			}
			if tc.said != nil && !slices.Equal(said, tc.said) {
				t.Errorf("said %q, want %q", said, tc.said)
			}
		})
	}
}

// TestSlowListenerIsNoStall: the clock of the server's silence stands while
// the listener is busy.
func TestSlowListenerIsNoStall(t *testing.T) {
	r := asking(t, func(w http.ResponseWriter, _ *http.Request) {
		play(w, chunk("One. Two")+chunk(". ")+stop+done)
	}, func(o *Options) { o.Stall = 20 * time.Millisecond })
	n := 0
	err := r.Respond(t.Context(), stage.Turn{Question: "?"}, func(stage.Finding) error {
		n++
		time.Sleep(60 * time.Millisecond)
		return nil
	})
	if err != nil || n != 2 {
		t.Errorf("%d findings and %v", n, err)
	}
}

// TestBargeInClosesTheConnection cancels in mid-answer and waits for the
// server to see it.
func TestBargeInClosesTheConnection(t *testing.T) {
	closed := make(chan struct{})
	r := asking(t, func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		play(w, chunk("One. Two"))
		<-req.Context().Done()
		close(closed)
	}, nil)
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := r.Respond(ctx, stage.Turn{Question: "?"}, func(stage.Finding) error {
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled", err)
	}
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("the server still has its connection")
	}
}

func TestListenersErrorEndsIt(t *testing.T) {
	closed := make(chan struct{})
	r := asking(t, func(w http.ResponseWriter, req *http.Request) {
		_, _ = io.Copy(io.Discard, req.Body)
		play(w, chunk("One. Two"))
		<-req.Context().Done()
		close(closed)
	}, nil)
	gone := errors.New("gone")
	if err := r.Respond(t.Context(), stage.Turn{Question: "?"}, func(stage.Finding) error { return gone }); !errors.Is(err, gone) {
		t.Errorf("got %v, want %v", err, gone)
	}
	select {
	case <-closed:
	case <-time.After(time.Minute):
		t.Fatal("the server still has its connection")
	}
}

func TestWithoutKey(t *testing.T) {
	r := asking(t, func(w http.ResponseWriter, req *http.Request) {
		if a, sent := req.Header["Authorization"]; sent {
			t.Errorf("Authorization %q", a)
		}
		play(w, chunk("Yes.")+stop+done)
	}, func(o *Options) { o.APIKey = "" })
	t.Setenv("OPENAI_API_KEY", "sk-of-the-environment")
	if _, err := ask(t, r, stage.Turn{Question: "?"}); err != nil {
		t.Fatal(err)
	}
}

func TestOptions(t *testing.T) {
	hot := 3.0
	_, err := New(Options{BaseURL: "localhost:8000", Temperature: &hot, MaxTokens: -1})
	if !errors.Is(err, stage.ErrInvalid) {
		t.Fatalf("got %v, want it to be %v", err, stage.ErrInvalid)
	}
	for _, part := range []string{"URL", "model", "splitter", "temperature", "tokens"} {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("%q says nothing of the %s", err, part)
		}
	}
	o := Options{BaseURL: "http://user:" + key + "@host/v1?k=" + key, APIKey: key, Model: "m"}
	for _, text := range []string{fmt.Sprint(o), fmt.Sprintf("%+v", o), fmt.Sprintf("%#v", o)} {
		if strings.Contains(text, key) {
			t.Errorf("the key is in %q", text)
		}
	}
}
