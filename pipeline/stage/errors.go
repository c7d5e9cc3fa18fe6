package stage

import (
	"context"
	"errors"
	"fmt"
)

// The classes of errors that a client is told of. Whoever meets an error at the
// edge of Parley wraps it with one of these; an error that carries none is
// internal, and its text stays in the log.
var (
	// ErrInvalid: the client sent something that cannot be right.
	ErrInvalid = errors.New("invalid input")
	// ErrUnavailable: something that Parley needs is not there just now.
	ErrUnavailable = errors.New("unavailable")
	// ErrOverloaded: a limit is reached; the same request may pass later.
	ErrOverloaded = errors.New("overloaded")
)

// Fault is an error made for a client: a stable code and a sentence that says
// what to do. Class is one of the Err values above.
type Fault struct {
	Class   error
	Code    string
	Message string
	// Param is the path of the field at fault, if it was one.
	Param string
}

// Error gives the sentence with its code.
func (f *Fault) Error() string { return fmt.Sprintf("%s (%s)", f.Message, f.Code) }

// Unwrap gives the class, so that errors.Is works on it.
func (f *Fault) Unwrap() error { return f.Class }

// Invalid makes a Fault of class ErrInvalid.
func Invalid(code, param, format string, args ...any) *Fault {
	return &Fault{Class: ErrInvalid, Code: code, Param: param, Message: fmt.Sprintf(format, args...)}
}

// AsFault classifies any error for a client. Errors without a class become
// "internal_error" with a sentence that gives nothing away.
func AsFault(err error) *Fault {
	var f *Fault
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.Is(err, ErrInvalid):
		return &Fault{Class: ErrInvalid, Code: "invalid_request", Message: err.Error()}
	case errors.Is(err, ErrOverloaded):
		return &Fault{Class: ErrOverloaded, Code: "overloaded", Message: err.Error()}
	case errors.Is(err, ErrUnavailable), errors.Is(err, context.DeadlineExceeded):
		return &Fault{Class: ErrUnavailable, Code: "unavailable", Message: err.Error()}
	default:
		return &Fault{Class: nil, Code: "internal_error", Message: "Parley failed at this; the server's log says why. Trying again may help."}
	}
}
