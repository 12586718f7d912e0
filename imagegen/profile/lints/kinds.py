"""The lints behind the field cases: what public bug reports of the same kinds ran into."""

from __future__ import annotations

from imagegen.profile.lints.beside import other_kube_proxies, unit_flags
from imagegen.profile.lints.cloud_init_files import part_files
from imagegen.profile.lints.cloud_init_values import part_values
from imagegen.profile.lints.files import files, packages
from imagegen.profile.lints.foreign import (
    foreign_virtual_servers,
    strict_arp,
)
from imagegen.profile.lints.module_names import module_names
from imagegen.profile.lints.of_one_node import (
    addresses_of_one_node,
    ports_of_the_node,
    program_urls,
)
from imagegen.profile.lints.sysctl_files import sysctl_files
from imagegen.profile.lints.sysctl_keys import sysctl_keys
from imagegen.profile.lints.sysctl_values import sysctl_values, usual_local_ports
from imagegen.profile.lints.sysctls import sysctls
from imagegen.profile.lints.unit_programs import unit_programs
from imagegen.profile.lints.unit_specifiers import unit_specifiers

KINDS = (sysctls, sysctl_keys, sysctl_values, usual_local_ports,
         sysctl_files, module_names, files, packages,
         unit_programs, unit_specifiers, unit_flags, other_kube_proxies, foreign_virtual_servers,
         strict_arp, part_files, part_values, addresses_of_one_node, program_urls,
         ports_of_the_node)
