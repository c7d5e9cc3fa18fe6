package realtime

import "math/bits"

// G.711 (ITU-T, 11/1988): a sign, three bits of exponent and four of mantissa,
// made from 14-bit (µ-law) or 13-bit (A-law) linear samples.

var muLaw, aLaw = g711Tables()

func g711Tables() (mu, a [256]float32) {
	for i := range 256 {
		mu[i] = float32(decodeMuLaw(byte(i))) / (1 << 15)
		a[i] = float32(decodeALaw(byte(i))) / (1 << 15)
	}
	return mu, a
}

// muBias is added before the logarithm is taken, so that every segment begins
// at a power of two.
const (
	muBias = 0x84
	muClip = 32635
)

func encodeMuLaw(v int16) byte {
	x, sign := int(v), byte(0)
	if x < 0 {
		x, sign = -x, 0x80
	}
	x = min(x, muClip) + muBias
	exp := bits.Len(uint(x)) - 8
	return ^(sign | byte(exp)<<4 | byte(x>>(exp+3))&0x0f)
}

func decodeMuLaw(b byte) int {
	b = ^b
	exp := int(b>>4) & 7
	x := ((int(b&0x0f)<<3)+muBias)<<exp - muBias
	if b&0x80 != 0 {
		return -x
	}
	return x
}

// aInvert is the pattern of even bits that A-law turns over on the line.
const aInvert = 0x55

func encodeALaw(v int16) byte {
	x, sign := int(v), byte(0x80)
	if x < 0 {
		x, sign = -x-1, 0
	}
	exp := max(bits.Len(uint(x))-8, 0)
	shift := exp + 3
	if exp == 0 {
		shift = 4
	}
	return (sign | byte(exp)<<4 | byte(x>>shift)&0x0f) ^ aInvert
}

func decodeALaw(b byte) int {
	b ^= aInvert
	exp := int(b>>4) & 7
	x := int(b&0x0f)<<4 + 8
	if exp > 0 {
		x = (x + 0x100) << (exp - 1)
	}
	if b&0x80 == 0 {
		return -x
	}
	return x
}
