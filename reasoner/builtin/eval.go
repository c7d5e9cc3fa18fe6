package builtin

import (
	"errors"
	"math/big"
)

// Why a sum has no value. Each says so in a sentence.
var (
	errZeroDivision = errors.New("nothing can be divided by zero, so that has no answer")
	errTooLong      = errors.New("that number is too long for me to work out")
	errNegativeRoot = errors.New("a negative number has no real root of that kind")
	errZeroPower    = errors.New("zero to the power of zero has no agreed value")
	errFactorial    = errors.New("only whole numbers from zero up have a factorial")
	errHardPower    = errors.New("only powers that are whole numbers or simple fractions are within my reach")
)

// Bounds of what is computed.
const (
	maxBits      = 10_000 // of a numerator or denominator: about 3,000 digits
	maxFactorial = 1000
	maxRoot      = 64
	rootPlaces   = 60 // decimal places to which irrational roots are taken
)

// value is a number as it was worked out.
type value struct {
	*big.Rat
	// about says that an irrational root is in it; percent, that it counts
	// hundredths.
	about, percent bool
}

// eval works an expression out, exactly as far as numbers can be.
func (n *node) eval() (value, error) {
	if n.op == literal {
		return value{Rat: n.num}, nil
	}
	args := make([]value, len(n.args))
	about := false
	for i, a := range n.args {
		v, err := a.eval()
		if err != nil {
			return value{}, err
		}
		args[i] = v
		about = about || v.about
	}
	v, err := n.combine(args)
	if err != nil {
		return value{}, err
	}
	v.about = v.about || about
	if tooLong(v.Rat) {
		return value{}, errTooLong
	}
	return v, nil
}

func tooLong(r *big.Rat) bool { return r.Num().BitLen() > maxBits || r.Denom().BitLen() > maxBits }

func (n *node) combine(args []value) (value, error) {
	a, b := args[0], args[len(args)-1]
	z := new(big.Rat)
	switch n.op {
	case negate:
		return value{Rat: z.Neg(a.Rat), percent: a.percent}, nil
	case add, subtract:
		by, both := b.Rat, a.percent && b.percent
		if b.percent && !a.percent {
			by = new(big.Rat).Mul(a.Rat, b.Rat)
		}
		if n.op == add {
			return value{Rat: z.Add(a.Rat, by), percent: both}, nil
		}
		return value{Rat: z.Sub(a.Rat, by), percent: both}, nil
	case multiply, of:
		return value{Rat: z.Mul(a.Rat, b.Rat), percent: n.op == of && b.percent}, nil
	case off:
		return value{Rat: z.Sub(b.Rat, z.Mul(a.Rat, b.Rat))}, nil
	case divide:
		if b.Sign() == 0 {
			return value{}, errZeroDivision
		}
		return value{Rat: z.Quo(a.Rat, b.Rat)}, nil
	case modulo:
		return remainder(a.Rat, b.Rat)
	case percent:
		return value{Rat: z.Quo(a.Rat, big.NewRat(100, 1)), percent: true}, nil
	case power:
		return raise(a.Rat, b.Rat)
	case root:
		return nthRoot(a.Rat, b.Num().Int64())
	case factorial:
		return factorialOf(a.Rat)
	case mean:
		for _, v := range args {
			z.Add(z, v.Rat)
		}
		return value{Rat: z.Quo(z, big.NewRat(int64(len(args)), 1))}, nil
	case distance:
		return value{Rat: z.Abs(z.Sub(a.Rat, b.Rat))}, nil
	default:
		panic("builtin: no such operation")
	}
}

// remainder is a - b·⌊a/b⌋.
func remainder(a, b *big.Rat) (value, error) {
	if b.Sign() == 0 {
		return value{}, errZeroDivision
	}
	q := new(big.Rat).Quo(a, b)
	floor := new(big.Int)
	floor.Div(q.Num(), q.Denom()) // Euclidean; the denominator is positive
	q.SetInt(floor)
	return value{Rat: q.Sub(a, q.Mul(q, b))}, nil
}

// raise takes a to the power of b = p/q as the q-th root of a to the p.
func raise(a, b *big.Rat) (value, error) {
	if a.Sign() == 0 && b.Sign() <= 0 {
		if b.Sign() == 0 {
			return value{}, errZeroPower
		}
		return value{}, errZeroDivision
	}
	if !b.Denom().IsInt64() || b.Denom().Int64() > maxRoot {
		return value{}, errHardPower
	}
	v, err := wholePower(a, b.Num())
	if err != nil || b.IsInt() {
		return value{Rat: v}, err
	}
	return nthRoot(v, b.Denom().Int64())
}

func wholePower(a *big.Rat, e *big.Int) (*big.Rat, error) {
	if a.IsInt() && a.Num().IsInt64() {
		switch n := a.Num().Int64(); {
		case n == 0 || n == 1, n == -1 && e.Bit(0) == 0:
			return new(big.Rat).SetInt64(n * n), nil
		case n == -1:
			return a, nil
		}
	}
	size := new(big.Int).Abs(e)
	bits := int64(max(a.Num().BitLen(), a.Denom().BitLen()) - 1) // at least this much each time
	if !size.IsInt64() || size.Int64() > maxBits || size.Int64()*bits > maxBits {
		return nil, errTooLong
	}
	num := new(big.Int).Exp(a.Num(), size, nil)
	den := new(big.Int).Exp(a.Denom(), size, nil)
	if e.Sign() < 0 {
		num, den = den, num
	}
	return new(big.Rat).SetFrac(num, den), nil
}

// nthRoot is exact where the root is rational, else right to rootPlaces.
func nthRoot(a *big.Rat, n int64) (value, error) {
	switch {
	case n > maxRoot:
		return value{}, errHardPower
	case a.Sign() < 0 && n%2 == 0:
		return value{}, errNegativeRoot
	case a.Sign() < 0:
		v, err := nthRoot(new(big.Rat).Neg(a), n)
		if err == nil {
			v.Neg(v.Rat)
		}
		return v, err
	}
	num, exactNum := intRoot(a.Num(), n)
	den, exactDen := intRoot(a.Denom(), n)
	if exactNum && exactDen {
		return value{Rat: new(big.Rat).SetFrac(num, den)}, nil
	}
	shifted := new(big.Int).Mul(a.Num(), pow10(n*rootPlaces))
	r, _ := intRoot(shifted.Quo(shifted, a.Denom()), n)
	return value{Rat: new(big.Rat).SetFrac(r, pow10(rootPlaces)), about: true}, nil
}

// intRoot is the whole part of the n-th root of a ≥ 0, by Newton's method from
// above, and whether that is all of it.
func intRoot(a *big.Int, n int64) (*big.Int, bool) {
	if a.Sign() == 0 {
		return new(big.Int), true
	}
	k, rest := big.NewInt(n), big.NewInt(n-1)
	x := new(big.Int).Lsh(big.NewInt(1), uint(int64(a.BitLen())/n+1))
	for {
		// y = ((n-1)·x + a / x^(n-1)) / n
		y := new(big.Int).Exp(x, rest, nil)
		y.Quo(a, y)
		y.Add(y, new(big.Int).Mul(rest, x)).Quo(y, k)
		if y.Cmp(x) >= 0 {
			break
		}
		x = y
	}
	return x, new(big.Int).Exp(x, k, nil).Cmp(a) == 0
}

func factorialOf(a *big.Rat) (value, error) {
	switch {
	case !a.IsInt() || a.Sign() < 0:
		return value{}, errFactorial
	case a.Cmp(big.NewRat(maxFactorial, 1)) > 0:
		return value{}, errTooLong
	}
	return value{Rat: new(big.Rat).SetInt(new(big.Int).MulRange(1, a.Num().Int64()))}, nil
}
