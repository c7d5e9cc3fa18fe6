package main

import (
	"io"
	"os"
	"slices"
	"time"

	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"golang.org/x/term"

	"parley/cmd/parley/config"
)

// newLogger makes the log: lines for people on a terminal, JSON for machines
// elsewhere, unless the configuration says which.
func newLogger(c config.Log, w io.Writer, environ []string) *zap.Logger {
	level, err := zapcore.ParseLevel(c.Level)
	if err != nil {
		level = zapcore.InfoLevel // config.Load lets only known ones pass
	}
	terminal := isTerminal(w)
	var enc zapcore.Encoder
	if c.Format == "console" || c.Format == "auto" && terminal {
		ec := zap.NewDevelopmentEncoderConfig()
		ec.EncodeTime = zapcore.TimeEncoderOfLayout("15:04:05.000")
		ec.EncodeDuration = zapcore.StringDurationEncoder
		ec.EncodeLevel = zapcore.CapitalLevelEncoder
		if terminal && !slices.ContainsFunc(environ, hasNoColor) {
			ec.EncodeLevel = zapcore.CapitalColorLevelEncoder
		}
		enc = zapcore.NewConsoleEncoder(ec)
	} else {
		ec := zap.NewProductionEncoderConfig()
		ec.TimeKey = "time"
		ec.EncodeTime = zapcore.TimeEncoderOfLayout(time.RFC3339Nano)
		ec.EncodeDuration = zapcore.StringDurationEncoder
		enc = zapcore.NewJSONEncoder(ec)
	}
	return zap.New(zapcore.NewCore(enc, zapcore.Lock(zapcore.AddSync(w)), level))
}

// hasNoColor finds NO_COLOR (https://no-color.org), set to anything.
func hasNoColor(line string) bool {
	return len(line) > len("NO_COLOR=") && line[:len("NO_COLOR=")] == "NO_COLOR="
}

func isTerminal(w any) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
