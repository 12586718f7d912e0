"""Tables from public bug reports, in the kernel's own print: its trailing blanks are real."""

# ruff: noqa: W291

from __future__ import annotations

# kubernetes issues 108319, 92019, 99162: weights stay 0 after kube-proxy was restarted
WEIGHT_ZERO = """\
TCP  0A600001:01BB rr  
  -> C000020B:192B      Masq    1      3          0         
TCP  0A602C07:0050 rr  
  -> 0AF40108:1F90      Masq    0      0          12        
  -> 0AF40209:1F90      Masq    0      0          0         
TCP  0A605A05:2382 rr  
  -> 0AF40304:2382      Masq    0      1          0         
  -> 0AF4020E:2382      Masq    1      2          671       
TCP  0A603D03:20FB rr  
"""

# kubernetes issues 96879, 89923, 67730: NodePorts on loopback, both families
LOOPBACK = """\
TCP  0A600001:01BB rr  
  -> C000020B:192B      Masq    1      0          0         
TCP  C0000215:79E1 rr  
  -> 0AF40108:1F90      Masq    1      0          0         
TCP  7F000001:79E1 rr  
  -> 0AF40108:1F90      Masq    1      0          0         
TCP  [fd00:0010:0096:0000:0000:0000:0000:0044]:0050 rr 
  -> [fd00:0010:0244:0001:0000:0000:0000:0008]:1F90      Masq    1      0          0         
TCP  [2001:0db8:0000:0000:0000:0000:0000:0021]:79E1 rr 
  -> [fd00:0010:0244:0001:0000:0000:0000:0008]:1F90      Masq    1      0          0         
TCP  [0000:0000:0000:0000:0000:0000:0000:0001]:79E1 rr 
  -> [fd00:0010:0244:0001:0000:0000:0000:0008]:1F90      Masq    1      0          0         
"""

# kube-router issues 1169 and 40, keepalived 1431: marks, with real servers that are not Masq
MARKS = """\
TCP  0A604C28:0050 rr  
  -> 0AF4020B:0050      Masq    1      0          0         
  -> 0AF40309:0050      Masq    1      0          0         
FWM  000005C9 rr 
  -> 0AF4020B:0050      Tunnel  1      0          0         
  -> 0AF40309:0050      Tunnel  1      0          0         
FWM  00000003 wrr 
  -> C000020E:0000      Local   1      0          0         
  -> C000020F:0000      Route   1      0          0         
FWM  00000005 wlc 
  -> 0AF4090C:0000      Masq    1      0          0         
"""

# kube-proxy issue 6: keepalived's virtual server beside kube-proxy's
KEEPALIVED = """\
TCP  0A600001:01BB rr  
  -> C000020B:192B      Masq    1      0          0         
TCP  C00002A6:A350 wlc  persistent 450000 FFFFFFFF
  -> 0AF423C1:0050      Masq    1      0          0         
TCP  CB007109:0050 rr  
"""

# pkg/proxy/ipvs/supported.go: the probe entry, and a scheduler that is built in
PROBE_ENTRY = """\
TCP  C6336400:4E20 sed  
TCP  0A600001:01BB sed  
  -> C000020B:192B      Masq    1      0          0         
"""
