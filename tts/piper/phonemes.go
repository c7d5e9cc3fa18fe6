package piper

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"
)

const (
	// patience is how long espeak-ng may take for one line; it takes under a
	// millisecond.
	patience = 2 * time.Second
	// maxLine bounds what is sent as one line, in bytes. espeak-ng breaks
	// longer ones up, which would do no harm but to its own memory.
	maxLine = 600
	// sentinel is a word that no text holds. espeak-ng answers some lines with
	// several, and some (ending in a decimal) only when the next line comes;
	// the sentinel sent behind each line shows where its answer ends.
	sentinel = "qxkvzj"
)

// phonemizer turns words into phonemes by a warm espeak-ng process, which is
// kept apart from Parley's own process for its licence (GPL-3). If it dies or
// hangs it is started anew. Safe for concurrent use.
type phonemizer struct {
	voice string

	mu   sync.Mutex
	cmd  *exec.Cmd
	in   *os.File
	out  *os.File
	read *bufio.Reader
	end  string // the sentinel in phonemes
}

// phonemes gives the phonemes of each line, parted by spaces where words end.
func (p *phonemizer) phonemes(ctx context.Context, lines []string) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	said := make([]string, len(lines))
	for i, line := range lines {
		for try := 0; ; try++ {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			var err error
			if said[i], err = p.ask(line); err == nil {
				break
			}
			p.stop()
			if try == 1 || errors.Is(err, exec.ErrNotFound) {
				return nil, err
			}
		}
	}
	return said, nil
}

// ask has one line said. p.mu is held.
func (p *phonemizer) ask(line string) (string, error) {
	if p.cmd == nil {
		if err := p.start(); err != nil {
			return "", err
		}
	}
	var all []string
	for _, part := range wrap(plain(line), maxLine) {
		said, err := p.exchange(part, p.end)
		if err != nil {
			return "", err
		}
		all = append(all, said...)
	}
	return strings.Join(all, " "), nil
}

// exchange sends a line and the sentinel and reads the answer up to end, or, if
// end is empty, up to the first answer.
func (p *phonemizer) exchange(line, end string) ([]string, error) {
	deadline := time.Now().Add(patience)
	if err := errors.Join(p.in.SetWriteDeadline(deadline), p.out.SetReadDeadline(deadline)); err != nil {
		return nil, fmt.Errorf("tts: espeak-ng: %w", err)
	}
	if line != "" {
		line += "\n"
	}
	if _, err := p.in.WriteString(line + sentinel + "\n"); err != nil {
		return nil, fmt.Errorf("tts: espeak-ng: %w", err)
	}
	var said []string
	for {
		answer, err := p.read.ReadString('\n')
		if err != nil {
			return nil, fmt.Errorf("tts: espeak-ng: %w", err)
		}
		// U+200D ties the letters of a diphthong, which the voices do not know.
		answer = strings.TrimSpace(strings.ReplaceAll(answer, "\u200d", ""))
		switch {
		case answer == end:
			return said, nil
		case end == "" && answer != "":
			return []string{answer}, nil
		case answer != "":
			said = append(said, answer)
		}
	}
}

// start runs espeak-ng and learns what it makes of the sentinel.
func (p *phonemizer) start() error {
	inR, inW, err := os.Pipe()
	if err != nil {
		return fmt.Errorf("tts: espeak-ng: %w", err)
	}
	outR, outW, err := os.Pipe()
	if err != nil {
		return errors.Join(fmt.Errorf("tts: espeak-ng: %w", err), inR.Close(), inW.Close())
	}
	// stdbuf makes it answer a line at a time.
	cmd := exec.Command("stdbuf", "-oL", "espeak-ng", "-q", "--ipa=3", "-v", p.voice)
	cmd.Stdin, cmd.Stdout = inR, outW
	// A group of its own, so that a Ctrl-C that lets the server drain does not
	// take its phonemes away.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if _, err = exec.LookPath("espeak-ng"); err == nil {
		err = cmd.Start()
	}
	err = errors.Join(err, inR.Close(), outW.Close())
	if err != nil {
		return errors.Join(fmt.Errorf("tts: cannot run espeak-ng; install the Debian package espeak-ng: %w", err), inW.Close(), outR.Close())
	}
	p.cmd, p.in, p.out, p.read = cmd, inW, outR, bufio.NewReader(outR)
	said, err := p.exchange("", "")
	if err != nil {
		p.stop()
		return err
	}
	p.end = said[0]
	return nil
}

// stop ends the process, if there is one.
func (p *phonemizer) stop() {
	if p.cmd == nil {
		return
	}
	_ = p.in.Close()
	_ = p.out.Close()
	_ = p.cmd.Process.Kill()
	_ = p.cmd.Wait() // it was killed, which is no news
	p.cmd = nil
}

// close ends the process for good.
func (p *phonemizer) close() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.stop()
}

// plain takes out what espeak-ng would read as commands or as the end of a
// line.
func plain(line string) string {
	line = strings.Map(func(r rune) rune {
		switch {
		case r < ' ', r == '[', r == ']', r == '<', r == '>', r == '|', r == 0x7f, r == '\u2028', r == '\u2029':
			return ' '
		}
		return r
	}, line)
	words := strings.Fields(line)
	words = slices.DeleteFunc(words, func(w string) bool { return strings.Contains(strings.ToLower(w), sentinel) })
	return strings.Join(words, " ")
}

// wrap breaks a line at spaces into parts of at most n bytes; a longer word is
// cut off.
func wrap(line string, n int) []string {
	var parts []string
	part := ""
	for w := range strings.FieldsSeq(line) {
		if len(w) > n {
			w = strings.ToValidUTF8(w[:n], "")
		}
		if part != "" && len(part)+1+len(w) > n {
			parts = append(parts, part)
			part = ""
		}
		if part != "" {
			part += " "
		}
		part += w
	}
	if part != "" {
		parts = append(parts, part)
	}
	return parts
}
