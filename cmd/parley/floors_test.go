package main

import (
	"os/exec"
	"strings"
	"testing"
)

// TestFloors pins the direction of imports: cmd joins everything; the stages,
// the transports and the page stand side by side and never know each other;
// pipeline and models are the ground and know nobody above them.
func TestFloors(t *testing.T) {
	out, err := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Imports " "}}`, "parley/...").Output()
	if err != nil {
		t.Fatalf("go list: %v", err)
	}
	room := func(path string) string {
		parts := strings.SplitN(path, "/", 3)
		if len(parts) < 2 || parts[0] != "parley" {
			return ""
		}
		return parts[1]
	}
	ground := map[string]bool{"pipeline": true, "models": true}
	packages := 0
	for line := range strings.Lines(string(out)) {
		fields := strings.Fields(line)
		from := room(fields[0])
		packages++
		for _, to := range fields[1:] {
			r := room(to)
			switch {
			case r == "" || r == from:
			case from == "cmd":
			case ground[from]:
				t.Errorf("%s is on the ground floor and must not import %s", fields[0], to)
			case !ground[r]:
				t.Errorf("%s must not import %s: they stand side by side", fields[0], to)
			}
		}
	}
	if packages < 10 {
		t.Errorf("go list named only %d packages", packages)
	}
}
