package main

import (
	"bufio"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"parley/transport/client"
)

// running is a server that has said it is ready.
type running struct {
	cmd  *exec.Cmd
	url  string
	logs chan string // its log, line by line; closed when it ends
}

// start runs "parley serve" until the test ends.
func start(t *testing.T, args ...string) *running {
	t.Helper()
	args = append([]string{"serve", "--models", weights(t), "--listen", "127.0.0.1:0", "--asr-model", "tiny", "--log-format", "json"}, args...)
	s := &running{cmd: parley(t.Context(), t, args...), logs: make(chan string, 1000)}
	stderr, err := s.cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		defer close(s.logs)
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			s.logs <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		_ = s.cmd.Process.Kill()
		for range s.logs {
		}
		_ = s.cmd.Wait()
	})
	var all []string
	for line := range s.logs {
		all = append(all, line)
		var entry struct{ Msg, URL string }
		if json.Unmarshal([]byte(line), &entry) == nil && entry.Msg == "ready" {
			s.url = strings.Replace(entry.URL, "localhost", "127.0.0.1", 1)
			return s
		}
	}
	t.Fatalf("it ended before it was ready:\n%s", strings.Join(all, "\n"))
	return nil
}

// socket is the address of its WebSocket.
func (s *running) socket() string { return strings.Replace(s.url, "http", "ws", 1) + "/v1/realtime" }

// wait gives the exit code.
func (s *running) wait(t *testing.T) int {
	t.Helper()
	for range s.logs { // Wait closes the pipe, so all must be read first
	}
	err := s.cmd.Wait()
	if err != nil && s.cmd.ProcessState == nil {
		t.Fatal(err)
	}
	return s.cmd.ProcessState.ExitCode()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(b)
}

func TestServe(t *testing.T) {
	s := start(t)
	for path, want := range map[string]int{
		"/healthz": http.StatusOK, "/readyz": http.StatusOK, "/none": http.StatusNotFound,
		"/v1/realtime": http.StatusBadRequest, "/v1/realtime/calls": http.StatusMethodNotAllowed,
	} {
		if status, body := get(t, s.url+path); status != want {
			t.Errorf("GET %s: %d, want %d: %s", path, status, want, body)
		}
	}
	if _, errs, code := run(t, "", "health", "--listen", strings.TrimPrefix(s.url, "http://")); code != 0 {
		t.Errorf("health: exit code %d: %s", code, errs)
	}
	// The address is taken, and a second server says so without waiting.
	_, errs, code := run(t, "", "serve", "--models", weights(t), "--listen", strings.TrimPrefix(s.url, "http://"))
	if code != 1 || !strings.Contains(errs, "--listen") {
		t.Errorf("a second server: exit code %d: %s", code, errs)
	}
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if code := s.wait(t); code != 0 {
		t.Errorf("after Ctrl-C: exit code %d", code)
	}
}

// ask opens a conversation, types a question, and returns once the reply has
// begun to sound.
func (s *running) ask(t *testing.T, question string) *client.Conn {
	t.Helper()
	sounding := make(chan struct{})
	begun := sync.OnceFunc(func() { close(sounding) })
	c, err := client.DialWebSocket(t.Context(), s.socket(), client.Options{Sound: func(client.Sound) { begun() }})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.Close() })
	for _, event := range []string{
		`{"type":"conversation.item.create","item":{"type":"message","role":"user","content":[{"type":"input_text","text":"` + question + `"}]}}`,
		`{"type":"response.create"}`,
	} {
		if err := c.Send(t.Context(), json.RawMessage(event)); err != nil {
			t.Fatal(err)
		}
	}
	select {
	case <-sounding:
	case <-c.Done():
		t.Fatalf("the conversation ended: %v", c.Err())
	}
	return c
}

// waitFor reads the log up to a line with the words given.
func (s *running) waitFor(t *testing.T, words string) {
	t.Helper()
	for line := range s.logs {
		if strings.Contains(line, words) {
			return
		}
	}
	t.Fatalf("it ended without saying %q", words)
}

const longQuestion = "What is one hundred and twenty three thousand four hundred and fifty six times seven?"

func TestServeDrains(t *testing.T) {
	s := start(t)
	c := s.ask(t, longQuestion)
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	s.waitFor(t, "draining")
	if late, err := client.DialWebSocket(t.Context(), s.socket(), client.Options{}); err == nil {
		_ = late.Close()
		t.Error("a server that drains let somebody new in")
	}
	// What is being said is said to its end.
	e, err := c.Next(t.Context(), "response.done")
	if err != nil || !strings.Contains(string(e.Raw), `"completed"`) {
		t.Errorf("the reply ended with %s (%v), want it completed", e.Raw, err)
	}
	<-c.Done()
	if code := s.wait(t); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

func TestServeInterruptedTwice(t *testing.T) {
	s := start(t, "--drain", "10m")
	s.ask(t, longQuestion)
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.waitFor(t, "draining")
	if err := s.cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	s.wait(t)
	if status, ok := s.cmd.ProcessState.Sys().(syscall.WaitStatus); !ok || !status.Signaled() {
		t.Errorf("it ended with %v, want it ended by the signal", s.cmd.ProcessState)
	}
}
