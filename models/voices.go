//go:build voices

// The voices come as Go modules, so that go.sum pins them. This file, whose tag
// is never set, is what keeps them in go.mod; Install takes the files out of the
// module cache, and the binary embeds nothing.

package models

import (
	_ "github.com/amitybell/piper-voice-alan"
	_ "github.com/amitybell/piper-voice-jenny"
)
