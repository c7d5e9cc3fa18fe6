package llm

import (
	"encoding/json"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"parley/pipeline/stage"
)

func TestMessages(t *testing.T) {
	got := messages(stage.Turn{
		Question:     "And of Spain?",
		Instructions: "Be brief.",
		Now:          time.Date(2026, 11, 23, 9, 0, 0, 0, time.UTC),
		History: []stage.Message{
			{Role: stage.User, Text: "Hello."},
			{Role: stage.User, Text: "What is the capital of France?"},
			{Role: stage.Assistant, Text: "The capital of", Cut: true, Unheard: "France is Paris."},
			{Role: stage.System, Text: "The person is in Rome."},
			{Role: stage.User, Text: "Of Italy, I mean."},
			{Role: stage.Assistant, Text: "", Cut: true},
			{Role: stage.User, Text: "Well?"},
			{Role: stage.Assistant, Text: "Rome."},
		},
	})
	roles := make([]stage.Role, len(got))
	for i, m := range got {
		roles[i] = m.role
	}
	if want := []stage.Role{stage.System, stage.User, stage.Assistant, stage.User, stage.Assistant, stage.User}; !slices.Equal(roles, want) {
		t.Fatalf("roles %q, want %q", roles, want)
	}
	for _, part := range []string{preamble, "Be brief.", "Today is Monday, 23 November 2026.", "The person is in Rome."} {
		if !strings.Contains(got[0].text, part) {
			t.Errorf("the system's message lacks %q", part)
		}
	}
	want := []message{
		{stage.User, "Hello.\nWhat is the capital of France?"},
		{stage.Assistant, "The capital of"},
		{stage.User, "[I interrupted you there and did not hear this: \"France is Paris.\"]\nOf Italy, I mean.\n[I interrupted you there.]\nWell?"},
		{stage.Assistant, "Rome."},
		{stage.User, "And of Spain?"},
	}
	if !slices.Equal(got[1:], want) {
		t.Errorf("got  %q\nwant %q", got[1:], want)
	}
}

func TestHistoryIsBounded(t *testing.T) {
	var history []stage.Message
	for range 100 {
		history = append(history,
			stage.Message{Role: stage.User, Text: strings.Repeat("q", 1000)},
			stage.Message{Role: stage.Assistant, Text: strings.Repeat("a", 500)})
	}
	kept := recent(history)
	size := 0
	for _, m := range kept {
		size += len(m.Text)
	}
	if size > maxHistory || size < maxHistory-2000 {
		t.Errorf("kept %d bytes, want nearly %d", size, maxHistory)
	}
	if kept[0].Role != stage.User {
		t.Error("what is kept begins with an answer to nothing")
	}
	if n := len(recent(history[:4])); n != 4 {
		t.Errorf("kept %d of 4 messages that fit", n)
	}
}

func TestRequest(t *testing.T) {
	warm := 0.7
	var body map[string]any
	r := asking(t, func(w http.ResponseWriter, req *http.Request) {
		if req.URL.Path != "/v1/chat/completions" {
			t.Errorf("path %q", req.URL.Path)
		}
		raw, _ := io.ReadAll(req.Body)
		if err := json.Unmarshal(raw, &body); err != nil {
			t.Error(err)
		}
		play(w, chunk("Yes.")+stop+done)
	}, func(o *Options) { o.Temperature, o.MaxTokens = &warm, 100 })
	for _, tc := range []struct{ turn, want int }{{0, 100}, {50, 50}, {500, 100}} {
		if _, err := ask(t, r, stage.Turn{Question: "?", MaxTokens: tc.turn}); err != nil {
			t.Fatal(err)
		}
		if got := body["max_tokens"]; got != float64(tc.want) {
			t.Errorf("a turn of %d tokens asks for %v, want %d", tc.turn, got, tc.want)
		}
	}
	if body["stream"] != true || body["model"] != "test-model" || body["temperature"] != 0.7 {
		t.Errorf("body %v", body)
	}
}

func TestLimitOfOpenAI(t *testing.T) {
	r, err := New(Options{BaseURL: "https://api.openai.com/v1", Model: "m", NewSplitter: func() Splitter { return &bySentence{} }})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := json.Marshal(r.request(stage.Turn{Question: "?"}))
	if err != nil {
		t.Fatal(err)
	}
	if s := string(raw); !strings.Contains(s, "max_completion_tokens") || strings.Contains(s, "max_tokens") {
		t.Errorf("request %s", s)
	}
}

// FuzzThoughts cuts an answer into pieces at any place: what is said must not
// depend on it.
func FuzzThoughts(f *testing.F) {
	f.Add("<think>hm</think>\nYes.", 3)
	f.Add("Yes.", 1)
	f.Add(" <thin is no mark", 2)
	f.Add("<think>never ends", 5)
	f.Fuzz(func(t *testing.T, text string, size int) {
		strip := func(n int) string {
			var th thoughts
			var out strings.Builder
			for rest := text; rest != ""; {
				k := min(n, len(rest))
				out.WriteString(th.strip(rest[:k]))
				rest = rest[k:]
			}
			out.WriteString(th.rest())
			return out.String()
		}
		if size < 1 || size > 1<<16 {
			return
		}
		whole, cut := strings.TrimLeft(strip(max(len(text), 1)), " \n\r\t"), strings.TrimLeft(strip(size), " \n\r\t")
		if whole != cut {
			t.Errorf("in pieces of %d %q is %q, whole %q", size, text, cut, whole)
		}
	})
}
