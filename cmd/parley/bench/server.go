package bench

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// Server is a Parley server in a process of its own.
type Server struct {
	URL string
	cmd *exec.Cmd
	log *tail
	out chan struct{} // closed when its log has ended
}

// StartServer runs "parley serve" from this program's own file on a free port
// of the loopback interface, with flags added, and waits until it is ready.
func StartServer(ctx context.Context, flags ...string) (*Server, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, fmt.Errorf("bench: %w", err)
	}
	args := append([]string{"serve", "--listen", "127.0.0.1:0", "--log-format", "json"}, flags...)
	s := &Server{cmd: exec.Command(self, args...), log: &tail{}, out: make(chan struct{})}
	// A Ctrl-C is for the benchmark, which ends the server itself.
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	pipe, err := s.cmd.StderrPipe()
	if err == nil {
		err = s.cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("bench: start the server: %w", err)
	}
	ready := make(chan string, 1)
	go func() {
		defer close(s.out)
		lines := bufio.NewScanner(pipe)
		lines.Buffer(nil, 1<<20)
		for lines.Scan() {
			s.log.add(lines.Text())
			var line struct{ Msg, URL string }
			if json.Unmarshal(lines.Bytes(), &line) == nil && line.Msg == "ready" {
				select {
				case ready <- line.URL:
				default:
				}
			}
		}
	}()
	select {
	case s.URL = <-ready:
		return s, nil
	case <-s.out:
		err = errors.New("it ended")
	case <-time.After(time.Minute):
		err = errors.New("it was not ready within a minute")
	case <-ctx.Done():
		err = ctx.Err()
	}
	_ = s.Stop() // what went wrong is in err and in the log
	return nil, fmt.Errorf("bench: start the server: %w; its log ends in\n%s", err, s.log)
}

// Stop lets the server drain, or kills it if that takes too long, and waits for
// its end.
func (s *Server) Stop() error {
	_ = s.cmd.Process.Signal(os.Interrupt)
	kill := time.AfterFunc(20*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer kill.Stop()
	<-s.out // and with it everything that writes to the log
	if err := s.cmd.Wait(); err != nil {
		return fmt.Errorf("bench: the server ended badly: %w; its log ends in\n%s", err, s.log)
	}
	return nil
}

// Memory is a process's resident memory in MB, now and at its highest.
type Memory struct {
	Resident float64 `json:"resident_mb"`
	Peak     float64 `json:"peak_mb"`
}

// Memory reads what the server takes.
func (s *Server) Memory() (*Memory, error) {
	raw, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
	if err != nil {
		return nil, fmt.Errorf("bench: the server's memory: %w", err)
	}
	var m Memory
	for line := range strings.Lines(string(raw)) {
		var kb float64
		if n, _ := fmt.Sscanf(line, "VmRSS: %f kB", &kb); n == 1 {
			m.Resident = kb / 1000
		}
		if n, _ := fmt.Sscanf(line, "VmHWM: %f kB", &kb); n == 1 {
			m.Peak = kb / 1000
		}
	}
	return &m, nil
}

// tail keeps the last lines of a log. It is read once nobody writes to it any
// more.
type tail struct{ lines []string }

func (t *tail) add(line string) {
	t.lines = append(t.lines, line)
	if len(t.lines) > 40 {
		t.lines = t.lines[1:]
	}
}

// String gives the lines.
func (t *tail) String() string { return strings.Join(t.lines, "\n") }
