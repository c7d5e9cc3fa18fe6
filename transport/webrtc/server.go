// Package webrtc is the door for browsers: a call is one peer connection with
// the person's voice on a track one way, the reply's on a track the other, and
// the OpenAI Realtime events on a data channel, "oai-events".
//
// [Server] answers offers (POST /v1/realtime/calls) with all of its candidates
// at once, so clients need no trickling. All calls share one UDP port and, for
// networks that let no UDP through, one TCP port.
package webrtc

import (
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/ice/v4"
	"github.com/pion/interceptor"
	"github.com/pion/logging"
	"github.com/pion/webrtc/v4"

	"parley/pipeline/stage"
	"parley/transport/opus"
	"parley/transport/realtime"
)

// Options say how a Server serves.
type Options struct {
	realtime.Service
	// UDP is the address of the port that all calls share, "HOST:PORT". Port 0
	// is any that is free; a host that is empty or unspecified is every
	// interface. Empty means ":0".
	UDP string
	// TCP is the same for ICE over TCP; empty is none.
	TCP string
	// Loopback offers the loopback interface to clients as well, which is of
	// use to those on the same machine alone. It is offered in any case where
	// UDP names it, or where there is no other.
	Loopback bool
	// PublicIPs are offered in place of the machine's own addresses when it
	// stands behind a one-to-one NAT.
	PublicIPs []string
	// MaxCalls bounds the calls; 0 means 1000.
	MaxCalls int
	// ConnectTimeout is how long a call may take to connect; 0 means 30 s.
	ConnectTimeout time.Duration
	// DisconnectedTimeout and FailedTimeout: a call that hears nothing of its
	// peer for the first counts as disconnected, and for the second on top of
	// that as gone. 0 means 5 s and 10 s.
	DisconnectedTimeout, FailedTimeout time.Duration
}

// EnsureDefaults fills in what may be left out.
func (o Options) EnsureDefaults() Options {
	o.Service = o.Service.EnsureDefaults()
	if o.UDP == "" {
		o.UDP = ":0"
	}
	if o.MaxCalls == 0 {
		o.MaxCalls = 1000
	}
	for _, d := range []struct {
		p *time.Duration
		d time.Duration
	}{
		{&o.ConnectTimeout, 30 * time.Second},
		{&o.DisconnectedTimeout, 5 * time.Second},
		{&o.FailedTimeout, 10 * time.Second},
	} {
		if *d.p == 0 {
			*d.p = d.d
		}
	}
	return o
}

// Server answers offers. It is an http.Handler for "/v1/realtime/calls" and
// what lies below. Every call has goroutines of its own, which Close joins.
type Server struct {
	o    Options
	api  *webrtc.API
	udp  ice.UDPMux
	tcp  ice.TCPMux
	http *http.ServeMux

	mu     sync.Mutex
	calls  map[string]*call
	open   int // calls, with those that are being made
	closed bool
	wg     sync.WaitGroup
}

// NewServer opens the ports. Close ends the server.
func NewServer(o Options) (*Server, error) {
	o = o.EnsureDefaults()
	s := &Server{o: o, calls: map[string]*call{}}
	set := webrtc.SettingEngine{LoggerFactory: &logging.DefaultLoggerFactory{DefaultLogLevel: logging.LogLevelDisabled}}
	if err := s.listen(&set); err != nil {
		return nil, errors.Join(err, s.closePorts())
	}
	media := &webrtc.MediaEngine{}
	if err := media.RegisterCodec(webrtc.RTPCodecParameters{RTPCodecCapability: opusCodec, PayloadType: 111}, webrtc.RTPCodecTypeAudio); err != nil {
		return nil, errors.Join(fmt.Errorf("webrtc: %w", err), s.closePorts())
	}
	chain := &interceptor.Registry{}
	if err := webrtc.ConfigureRTCPReports(chain); err != nil {
		return nil, errors.Join(fmt.Errorf("webrtc: %w", err), s.closePorts())
	}
	s.api = webrtc.NewAPI(webrtc.WithMediaEngine(media), webrtc.WithInterceptorRegistry(chain), webrtc.WithSettingEngine(set))
	s.http = s.routes()
	return s, nil
}

// opusCodec is the one codec there is. Clients that see useinbandfec add what
// it takes to rebuild lost packets.
var opusCodec = webrtc.RTPCodecCapability{
	MimeType: webrtc.MimeTypeOpus, ClockRate: opus.Clock, Channels: 2,
	SDPFmtpLine: "minptime=10;useinbandfec=1",
}

// maxEvent is the largest message that a client may send on the data channel.
const maxEvent = 256 << 10

// listen opens the ports and tells the engine of them.
func (s *Server) listen(set *webrtc.SettingEngine) error {
	addr, err := net.ResolveUDPAddr("udp", s.o.UDP)
	if err != nil {
		return fmt.Errorf("webrtc: UDP address %q: %w", s.o.UDP, err)
	}
	loopback := s.o.Loopback || addr.IP.IsLoopback() || !anyInterface()
	everywhere := addr.IP == nil || addr.IP.IsUnspecified()
	if everywhere {
		s.udp, err = listenEverywhere(addr.Port, loopback)
	} else {
		var conn *net.UDPConn
		if conn, err = net.ListenUDP("udp", addr); err == nil {
			s.udp = ice.NewUDPMuxDefault(ice.UDPMuxParams{UDPConn: conn})
		}
	}
	if err != nil {
		return fmt.Errorf("webrtc: listen on UDP %s: %w", s.o.UDP, err)
	}
	set.SetICEUDPMux(s.udp)
	networks := []webrtc.NetworkType{webrtc.NetworkTypeUDP4, webrtc.NetworkTypeUDP6}
	if s.o.TCP != "" {
		l, err := net.Listen("tcp", s.o.TCP)
		if err != nil {
			return fmt.Errorf("webrtc: listen on TCP %s: %w", s.o.TCP, err)
		}
		s.tcp = webrtc.NewICETCPMux(nil, l, 64)
		set.SetICETCPMux(s.tcp)
		networks = append(networks, webrtc.NetworkTypeTCP4, webrtc.NetworkTypeTCP6)
	}
	set.SetNetworkTypes(networks)
	set.SetIncludeLoopbackCandidate(loopback)
	// The server's names are its addresses; a client's mDNS names need no
	// resolving, since it is the client that reaches out.
	set.SetICEMulticastDNSMode(ice.MulticastDNSModeDisabled)
	set.DisableActiveTCP(true)
	set.SetICETimeouts(s.o.DisconnectedTimeout, s.o.FailedTimeout, 2*time.Second)
	set.SetSCTPMaxMessageSize(maxEvent)
	if len(s.o.PublicIPs) > 0 {
		if err := set.SetICEAddressRewriteRules(webrtc.ICEAddressRewriteRule{
			External: s.o.PublicIPs, AsCandidateType: webrtc.ICECandidateTypeHost, Mode: webrtc.ICEAddressRewriteReplace,
		}); err != nil {
			return fmt.Errorf("webrtc: public addresses: %w", err)
		}
	}
	return nil
}

// listenEverywhere opens one port on every address, so that each answer leaves
// from the address that was asked.
func listenEverywhere(port int, loopback bool) (ice.UDPMux, error) {
	opts := []ice.UDPMuxFromPortOption{
		ice.UDPMuxFromPortWithIPFilter(func(ip net.IP) bool { return !ip.IsLinkLocalUnicast() }),
	}
	if loopback {
		opts = append(opts, ice.UDPMuxFromPortWithLoopback())
	}
	var err error
	for range 10 {
		at := port
		if at == 0 { // the same for all: take one that is free now
			if at, err = freePort(); err != nil {
				return nil, err
			}
		}
		var mux *ice.MultiUDPMuxDefault
		if mux, err = ice.NewMultiUDPMuxFromPort(at, opts...); err == nil {
			return mux, nil
		}
		if port != 0 {
			break
		}
	}
	return nil, err
}

func freePort() (int, error) {
	c, err := net.ListenUDP("udp", nil)
	if err != nil {
		return 0, err
	}
	defer c.Close()
	return int(netip.MustParseAddrPort(c.LocalAddr().String()).Port()), nil
}

// anyInterface says whether the machine has an address that others can reach.
func anyInterface() bool {
	addrs, err := net.InterfaceAddrs()
	if err != nil {
		return false
	}
	for _, a := range addrs {
		if n, ok := a.(*net.IPNet); ok && !n.IP.IsLoopback() && !n.IP.IsLinkLocalUnicast() {
			return true
		}
	}
	return false
}

// Addrs are the addresses that the server listens on for media.
func (s *Server) Addrs() []net.Addr { return s.udp.GetListenAddresses() }

// reserve makes room for one more call.
func (s *Server) reserve() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.closed:
		return &stage.Fault{Class: stage.ErrUnavailable, Code: "shutting_down", Message: "The server is shutting down; call again in a moment."}
	case s.open >= s.o.MaxCalls:
		return &stage.Fault{Class: stage.ErrOverloaded, Code: "call_limit_reached", Message: "The server has as many calls as it takes; try again later."}
	}
	s.open++
	s.wg.Add(1)
	return nil
}

// release undoes reserve once nothing of the call is left.
func (s *Server) release() {
	s.mu.Lock()
	s.open--
	s.mu.Unlock()
	s.wg.Done()
}

// enter makes a call that has begun known, unless the server has closed.
func (s *Server) enter(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calls[c.id] = c
	if s.closed {
		c.end("the server is shutting down")
	}
}

func (s *Server) leave(c *call) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.calls, c.id)
}

// Hangup ends a call and says whether there was one.
func (s *Server) Hangup(id string) bool {
	s.mu.Lock()
	c := s.calls[id]
	s.mu.Unlock()
	if c != nil {
		c.end("hung up")
	}
	return c != nil
}

// Close ends all calls, refuses new ones, closes the ports and returns once
// everything has ended.
func (s *Server) Close() error {
	s.mu.Lock()
	s.closed = true
	for _, c := range s.calls {
		c.end("the server is shutting down")
	}
	s.mu.Unlock()
	s.wg.Wait()
	return s.closePorts()
}

func (s *Server) closePorts() error {
	var errs []error
	if s.udp != nil {
		errs = append(errs, s.udp.Close())
	}
	if s.tcp != nil {
		errs = append(errs, s.tcp.Close())
	}
	return errors.Join(errs...)
}
