// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import java.util.HashMap;
import java.util.Map;

/** What becomes of directives that have no counterpart, and why. Stateless. */
final class KnownDirectives {

    private record Fate(Note.Kind kind, String why) {}

    private static final Map<String, Fate> FATES = new HashMap<>();

    static {
        notNeeded("the election decides who becomes Active, whoever starts first", "state");
        notNeeded(
                "Mainstay takes whatever address list a peer has, and tells when it differs",
                "skip_check_adv_addr",
                "vrrp_skip_check_adv_addr");
        notNeeded("Mainstay follows RFC 9568 and serves the addresses", "vrrp_strict", "strict_mode");
        notNeeded("Mainstay always serves the addresses", "accept");
        notNeeded("checksum: auto sends the form that the peer uses, the old one too", "old_unicast_checksum");
        notNeeded(
                "it holds for every virtual router of Mainstay",
                "check_unicast_src",
                "track_src_ip",
                "timer_expired_backup",
                "unicast_fault_no_peer",
                "vrrp_check_unicast_src");
        notNeeded(
                "Mainstay answers a lower priority at once and announces its addresses anew",
                "garp_lower_prio_delay",
                "garp_lower_prio_repeat",
                "vrrp_garp_lower_prio_delay",
                "vrrp_garp_lower_prio_repeat",
                "higher_prio_send_advert",
                "vrrp_higher_prio_send_advert",
                "lower_prio_no_advert",
                "vrrp_lower_prio_no_advert");
        notNeeded(
                "Mainstay spreads its announcements over the first seconds by itself",
                "garp_master_delay",
                "vrrp_garp_master_delay",
                "garp_master_refresh_repeat",
                "vrrp_garp_master_refresh_repeat",
                "vrrp_garp_interval",
                "vrrp_gna_interval",
                "garp_group");
        notNeeded(
                "Mainstay follows interfaces that come, go and are renamed",
                "dynamic_interfaces",
                "allow_if_changes",
                "linkbeat_use_polling",
                "linkbeat_interfaces");
        notNeeded(
                "Mainstay runs at real-time priority in locked memory by itself",
                "vrrp_rt_priority",
                "vrrp_priority",
                "vrrp_no_swap",
                "vrrp_rlimit_rttime",
                "vrrp_rlimit_rtime",
                "vrrp_cpu_affinity",
                "checker_priority",
                "checker_rt_priority",
                "checker_no_swap",
                "checker_rlimit_rttime",
                "checker_cpu_affinity",
                "bfd_priority",
                "bfd_rt_priority",
                "bfd_no_swap",
                "max_auto_priority",
                "min_auto_priority_delay",
                "auto_priority",
                "process_priority",
                "process_no_swap");
        notNeeded(
                "Mainstay runs programs without a shell, and kills them with all that they have started",
                "enable_script_security");
        notNeeded("Mainstay finds the family by the addresses", "native_ipv6", "ip_family");
        notNeeded(
                "a failing backend gets no new connections and keeps those that it has",
                "inhibit_on_failure",
                "sorry_server_inhibit");
        notNeeded("a backend gets connections only after its first successful check", "alpha");
        notNeeded(
                "the health checks of Mainstay start spread out, and run on every node",
                "warmup",
                "ha_suspend",
                "fast_recovery");
        notNeeded(
                "the log goes to standard error, from where the journal takes it",
                "log_all_failures",
                "log_unknown_vrids",
                "vrrp_notify_priority_changes",
                "notify_priority_changes",
                "debug",
                "checker_log_all_failures",
                "umask",
                "process_names",
                "process_name",
                "vrrp_process_name",
                "checker_process_name",
                "bfd_process_name",
                "child_wait_time",
                "use_pid_dir",
                "snmp_name",
                "reload_time_file",
                "reload_check_config",
                "reload_file",
                "config_save_dir",
                "tmp_config_directory",
                "nftables",
                "nftables_priority",
                "nftables_counters",
                "nftables_ifindex",
                "vrrp_ipsets",
                "vrrp_iptables",
                "vrrp_netlink_cmd_rcv_bufs",
                "vrrp_netlink_monitor_rcv_bufs",
                "vrrp_rx_bufs_policy",
                "vrrp_rx_bufs_multiplier",
                "kernel_rx_buf_size",
                "lvs_flush",
                "lvs_flush_on_stop",
                "lvs_flush_onstop",
                "vmac_prefix",
                "vmac_addr_prefix",
                "use_symlink_paths",
                "data_use_instance",
                "json_version");
        notMapped("each virtual router names its interface", "default_interface");
        notMapped(
                "Mainstay sends no mail: watch `mainstay events --follow --json` or the metrics",
                "notification_email",
                "notification_email_from",
                "smtp_server",
                "smtp_helo_name",
                "smtp_connect_timeout",
                "smtp_alert",
                "smtp_alert_vrrp",
                "smtp_alert_checker",
                "email_faults");
        notMapped(
                "Mainstay has no SNMP and no D-Bus: it has a control socket that speaks JSON",
                "enable_traps",
                "snmp_socket",
                "enable_snmp_vrrp",
                "enable_snmp_checker",
                "enable_snmp_rfc",
                "enable_snmp_rfcv2",
                "enable_snmp_rfcv3",
                "enable_snmp_keepalived",
                "enable_dbus",
                "dbus_service_name");
        notMapped("hooks and checks run as the user of the daemon", "script_user", "user", "set_supplementary_groups");
        notMapped(
                "connections are not carried over to the other node: after a switchover they live on where they are, after a crash"
                        + " they end",
                "lvs_sync_daemon",
                "lvs_sync_daemon_interface",
                "lvs_notify_fifo");
        notMapped(
                "Mainstay has no named pipes for events: `mainstay events --follow --json` gives them in order",
                "notify_fifo",
                "notify_fifo_script",
                "vrrp_notify_fifo",
                "vrrp_notify_fifo_script",
                "lvs_notify_fifo_script");
        notMapped(
                "Mainstay sets no routes and rules: let the network configuration of the host do it",
                "virtual_routes",
                "virtual_rules",
                "static_routes",
                "static_rules");
        notMapped(
                "addresses that stay belong into the network configuration of the host",
                "static_ipaddress",
                "static_track_group");
        notMapped("BFD is not spoken", "bfd_instance", "track_bfd", "BFD_CHECK");
        notMapped(
                "advertisements go to the group of the RFC, or to unicast_peers",
                "mcast_dst_ip",
                "vrrp_mcast_group4",
                "vrrp_mcast_group6");
        notMapped("advertisements come from the first address of the interface", "mcast_src_ip", "unicast_src_ip");
        notMapped("advertisements are sent with a TTL of 255", "unicast_ttl");
        notMapped(
                "other nodes would wait for another time: three intervals and the skew time, as the RFC has it",
                "down_timer_adverts",
                "vrrp_down_timer_adverts");
        notMapped("Mainstay serves the addresses: it is no router that only forwards", "no_accept");
        notMapped("each virtual router needs an address", "no_virtual_ipaddress");
        notMapped("Mainstay cannot serve without its interface", "dont_track_primary");
        notMapped(
                "Mainstay starts in the network namespace that it is started in",
                "net_namespace",
                "net_namespace_ipvs",
                "namespace_with_ipsets",
                "instance");
        notMapped(
                "Mainstay runs nothing at its own start and end: use ExecStartPre and ExecStopPost of the unit",
                "startup_script",
                "shutdown_script",
                "startup_script_timeout",
                "shutdown_script_timeout");
        notMapped("only the virtual MAC of the RFC is made", "use_ipvlan", "use_vmac_addr", "vmac_xmit_base");
        notMapped(
                "there is no hook for backends: `mainstay events --follow --json` tells",
                "notify_up",
                "notify_down",
                "quorum_up",
                "quorum_down",
                "omega");
        notMapped("on_backup runs when a node that was Active stops", "notify_stop", "notify_deleted");
        notMapped("a split is told in the journal; there is no hook for it", "notify_master_rx_lower_pri");
        notMapped("a marked packet is no address and port", "fwmark");
        notMapped(
                "the content of an answer is not compared by its digest or by an expression",
                "digest",
                "regex",
                "regex_no_match",
                "regex_options",
                "regex_stack",
                "regex_min_offset",
                "regex_max_offset");
        notMapped(
                "health checks come from the address that the kernel chooses",
                "bindto",
                "bind_if",
                "bind_port",
                "connect_ip");
        notMapped("certificates for checks belong to the check", "SSL");
        notMapped("the release of an overloaded backend has no lower limit", "lthreshold");
        notMapped("a client is recognised by its address", "persistence_engine");
        notMapped(
                "another backend is chosen whenever one is down",
                "sh-fallback",
                "mh-fallback",
                "flag-1",
                "flag-2",
                "flag-3");
        notMapped(
                "an interface has failed, or come back, when the kernel says so; a tracker can wait",
                "interface_up_down_delays");
        notMapped(
                "Mainstay leaves the sysctls of the interface to the host",
                "promote_secondaries",
                "vrrp_promote_secondaries");
        notMapped("other interfaces are not announced on", "garp_extra_if", "vrrp_garp_extra_if");
        notMapped("VRFs are not looked at", "vrf");
    }

    private KnownDirectives() {}

    private static void notNeeded(String why, String... names) {
        for (String name : names) {
            FATES.put(name, new Fate(Note.Kind.NOT_NEEDED, why));
        }
    }

    private static void notMapped(String why, String... names) {
        for (String name : names) {
            FATES.put(name, new Fate(Note.Kind.NOT_MAPPED, why));
        }
    }

    /** Says what becomes of a directive that nothing else is made of. */
    static void tell(Directive directive, Notes notes) {
        Fate fate = FATES.get(directive.name());
        if (fate == null) {
            notes.notMapped(directive, "the importer does not know it");
        } else {
            notes.add(directive.origin(), directive.shown(), fate.kind(), fate.why());
        }
    }
}
