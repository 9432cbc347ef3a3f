// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import static io.mainstay.migrate.SampleImport.imported;
import static io.mainstay.migrate.SampleImport.notes;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class KeepalivedImportTest {

    @Test
    void aVirtualMacIsTakenOverUnderANameOfItsOwn() {
        KeepalivedImport imported = imported("""
                vrrp_instance web {
                    interface eth0
                    virtual_router_id 51
                    use_vmac vrrp.web
                    virtual_ipaddress {
                        198.51.100.10/24
                    }
                }
                """);
        assertThat(imported.yaml()).contains("virtual_mac: true");
        assertThat(notes(imported))
                .contains(
                        "keepalived.conf:4 use_vmac vrrp.web: mapped, with a difference: the interface of the virtual MAC"
                                + " has a name of Mainstay's own");
    }

    @Test
    void keysInFilesAreTakenOverAndOthersAreTold() {
        KeepalivedImport imported = imported("""
                vrrp_instance VI_1 {
                    interface eth0
                    virtual_router_id 51
                    version 3
                    auth_hmac {
                        key 1 file:/etc/keepalived/keys/vrrp51
                        key 2 hex:000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
                        active_key 1
                        anti_replay monotonic
                        time_window 8
                        mode receive-only
                    }
                    virtual_ipaddress {
                        198.51.100.10/24
                    }
                }
                """);
        assertThat(imported.yaml()).contains("""
                    authentication:
                      keys:
                        - id: 1
                          file: /etc/keepalived/keys/vrrp51
                      active_key: 1
                      window: 8s
                      mode: receive_only
                """);
        assertThat(notes(imported))
                .contains(
                        "keepalived.conf:7 key ***: not mapped: a key stands in a file of its own: write it into one of mode"
                                + " 0640, and name that in authentication.keys",
                        "keepalived.conf:9 anti_replay monotonic: mapped, with a difference: the clocks of the nodes have to"
                                + " agree within authentication.window");
    }

    @Test
    void anInstanceBecomesAVirtualRouter() {
        KeepalivedImport imported = imported("""
                global_defs {
                    router_id LB1
                    vrrp_version 3
                    vrrp_garp_master_refresh 60
                    vrrp_startup_delay 5.5
                    enable_script_security
                    script_user nobody
                }
                vrrp_script db {
                    script "check-db --quick"
                    interval 2
                    timeout 5
                    weight -20
                    fall 3
                }
                vrrp_script haproxy {
                    script "killall -0 haproxy"
                    weight 2
                }
                vrrp_instance VI_1 {
                    state MASTER
                    interface eth0
                    virtual_router_id 51
                    priority 150
                    advert_int 0.5
                    nopreempt
                    garp_master_repeat 3
                    v3_checksum_as_v2
                    virtual_ipaddress {
                        198.51.100.10/24 dev eth0 label eth0:1
                        198.51.100.11
                    }
                    track_interface {
                        eth1 weight -30
                        eth2
                    }
                    track_script {
                        db
                        haproxy
                    }
                    notify_master "/etc/keepalived/up master"
                    virtual_routes {
                        default via 198.51.100.1
                    }
                }
                """);
        assertThat(imported.yaml()).isEqualTo("""
                node:
                  name: LB1
                  startup_delay: 5.5s
                virtual_routers:
                  - name: VI_1
                    interface: eth0
                    vrid: 51
                    priority: 150
                    advertisement_interval: 500ms
                    preempt: false
                    announce:
                      repeat: 3
                      refresh: 1m
                    addresses:
                      - 198.51.100.10/24
                      - 198.51.100.11/32
                    track:
                      interfaces:
                        - name: eth1
                          weight: -30
                        - name: eth2
                      scripts:
                        - name: db
                          command:
                            - /usr/bin/check-db
                            - "--quick"
                          interval: 2s
                          timeout: 1.8s
                          failures: 3
                          success: 1
                          weight: -20
                      processes:
                        - name: haproxy
                          interval: 1s
                          failures: 1
                          success: 1
                          weight: 2
                    checksum: rfc9568
                    hooks:
                      on_active:
                        - "/etc/keepalived/up master"
                """);
        assertThat(notes(imported))
                .containsExactly(
                        "keepalived.conf:6 enable_script_security: not needed: Mainstay runs programs without a shell, and"
                                + " kills them with all that they have started",
                        "keepalived.conf:7 script_user nobody: not mapped: hooks and checks run as the user of the daemon",
                        "keepalived.conf:12 timeout 5: mapped, with a difference: shortened to 1.8s: shorter than the"
                                + " interval",
                        "keepalived.conf:17 script killall -0 haproxy: mapped, with a difference: tracked as a process, for"
                                + " which no program has to run",
                        "keepalived.conf:21 state MASTER: not needed: the election decides who becomes Active, whoever"
                                + " starts first",
                        "keepalived.conf:26 nopreempt: mapped, with a difference: keepalived ignores it beside state MASTER;"
                                + " here it holds, or remove preempt: false",
                        "keepalived.conf:30 198.51.100.10/24 dev eth0 label eth0:1: mapped, with a difference: an address"
                                + " has no label",
                        "keepalived.conf:42 virtual_routes: not mapped: Mainstay sets no routes and rules: let the network"
                                + " configuration of the host do it");
        assertThat(imported.virtualRouters()).isEqualTo(1);
    }

    @Test
    void versionTwoIsKeepalivedsDefaultAndKeepsItsPassword() {
        KeepalivedImport imported = imported("""
                vrrp_instance VI_1 {
                    interface eth0
                    virtual_router_id 51
                    authentication { auth_type PASS
                        auth_pass secret-and-long
                    }
                    virtual_ipaddress { 198.51.100.10/24
                    }
                }
                """);
        assertThat(imported.yaml()).contains("version: 2\n").contains("password: secret-a\n");
        assertThat(notes(imported))
                .noneMatch(note -> note.contains("secret"))
                .anyMatch(note -> note.contains("auth_pass ***"));
    }

    @Test
    void aScriptMayBeOneWordOrNeedAShell() {
        KeepalivedImport imported = imported("""
                vrrp_script one { script check-db
                }
                vrrp_script two { script "</dev/tcp/127.0.0.1/80"
                }
                vrrp_script three { script ""
                }
                vrrp_script four { script "systemctl is-active nginx"
                    interval .5
                }
                vrrp_instance VI_1 { interface eth0
                    version 3
                    virtual_router_id 51
                    track_script { one
                        two
                        three
                        four
                    }
                    virtual_ipaddress { 198.51.100.10/24
                    }
                }
                """);
        assertThat(imported.yaml())
                .contains("- /usr/bin/check-db\n", "- /usr/bin/systemctl\n", "interval: 500ms\n")
                .doesNotContain("/dev/tcp");
        assertThat(notes(imported))
                .contains("keepalived.conf:7 script systemctl is-active nginx: mapped, with a difference:"
                        + " /usr/bin/systemctl: no such file on this host; config check refuses it until there is one")
                .anyMatch(note -> note.startsWith("keepalived.conf:3 script </dev/tcp/127.0.0.1/80: not mapped"));
    }

    @Test
    void aMasterWithoutPriorityIsTheOwnerAsForKeepalived() {
        KeepalivedImport imported = imported("""
                vrrp_instance VI_1 {
                    state MASTER
                    nopreempt
                    interface eth0
                    version 3
                    virtual_router_id 51
                    virtual_ipaddress { 198.51.100.10/24
                    }
                }
                """);
        assertThat(imported.yaml()).contains("priority: 255\n").contains("preempt: false\n");
        assertThat(notes(imported))
                .anyMatch(note -> note.startsWith("keepalived.conf:2 state MASTER: mapped, with a difference: without a"
                        + " priority it makes the node the owner of the addresses"))
                .contains("keepalived.conf:3 nopreempt: mapped, with a difference: keepalived ignores it beside state"
                        + " MASTER; here it holds, or remove preempt: false");
    }

    @Test
    void aNotifyScriptIsToldWhatKeepalivedTellsIt() {
        KeepalivedImport imported = imported("""
                vrrp_instance VI_1 {
                    interface eth0
                    version 3
                    virtual_router_id 51
                    virtual_ipaddress { 198.51.100.10/24
                    }
                    notify_fault "/etc/keepalived/up 'of web' ''" root
                    notify /etc/keepalived/up
                    priority 150
                }
                """);
        assertThat(imported.yaml()).contains("""
                    hooks:
                      on_fault:
                        - "/etc/keepalived/up of\\\\ web"
                        - "/etc/keepalived/up INSTANCE VI_1 FAULT 150"
                      on_active:
                        - "/etc/keepalived/up INSTANCE VI_1 MASTER 150"
                      on_backup:
                        - "/etc/keepalived/up INSTANCE VI_1 BACKUP 150"
                """);
        assertThat(notes(imported))
                .contains(
                        "keepalived.conf:7 notify_fault /etc/keepalived/up 'of web' '' root: mapped, with a difference:"
                                + " a hook has no empty arguments",
                        "keepalived.conf:7 notify_fault /etc/keepalived/up 'of web' '' root: mapped, with a difference:"
                                + " it runs as the user of the daemon")
                .anyMatch(note ->
                        note.startsWith("keepalived.conf:8 notify /etc/keepalived/up: mapped, with a difference:"
                                + " the priority among its arguments is the configured one"));
    }

    @Test
    void theMembersOfAGroupShareWhatTheyHaveTo() {
        KeepalivedImport imported = imported("""
                vrrp_sync_group gw {
                    group {
                        inside
                        outside
                        nowhere
                    }
                    track_script { missing
                    }
                    notify /etc/keepalived/up
                }
                vrrp_instance inside { interface eth0
                    version 3
                    virtual_router_id 1
                    priority 150
                    virtual_ipaddress { 198.51.100.10/24
                    }
                }
                vrrp_instance outside { interface eth1
                    version 3
                    virtual_router_id 2
                    priority 100
                    nopreempt
                    virtual_ipaddress { 198.51.101.10/24
                    }
                }
                """);
        assertThat(imported.virtualRouters()).isEqualTo(2);
        assertThat(imported.yaml())
                .containsPattern("(?s)name: outside.*priority: 150.*sync_group: gw")
                .doesNotContain("preempt")
                .contains("on_fault:\n        - \"/etc/keepalived/up GROUP gw FAULT 0\"\n");
        assertThat(notes(imported))
                .contains(
                        "keepalived.conf:4 outside: mapped, with a difference: it gets the priority of the first member of"
                                + " the group, which all have to share",
                        "keepalived.conf:5 nowhere: not mapped: there is no vrrp_instance nowhere",
                        "keepalived.conf:7 missing: not mapped: there is no vrrp_script missing");
    }

    @Test
    void aVirtualServerBecomesAService() {
        KeepalivedImport imported = imported("""
                virtual_server 198.51.100.10 443 {
                    delay_loop 6
                    lb_algo wlc
                    lb_kind DR
                    protocol TCP
                    persistence_timeout 50
                    persistence_granularity 255.255.255.0
                    quorum 2
                    sorry_server 10.0.0.99 80
                    real_server 10.0.0.11 8443 {
                        SSL_GET {
                            enable_sni
                            url { path /a
                                status_code 200
                                virtualhost www.example.org
                            }
                            url { path /b
                                digest 9b3a0c85a887a256d6939da88aabd8cd
                            }
                            connect_timeout 3
                            retry 2
                            delay_before_retry 4
                        }
                    }
                    real_server 10.0.0.12 8443 {
                        TCP_CHECK { connect_timeout 3
                        }
                    }
                }
                """);
        assertThat(imported.yaml()).isEqualTo("""
                services:
                  - listen:
                      - 198.51.100.10:443/tcp
                    balance: least_conn
                    persistence:
                      type: source_ip
                      timeout: 50s
                      ipv4_prefix: 24
                    min_healthy: 2
                    health_check:
                      - type: https
                        path: /a
                        status: "200"
                        host: www.example.org
                        server_name: www.example.org
                        interval: 6s
                        timeout: 3s
                        failures: 3
                        success: 1
                        fast_interval: 4s
                      - type: https
                        path: /b
                        status: 200-299
                        interval: 6s
                        timeout: 3s
                        failures: 3
                        success: 1
                        fast_interval: 4s
                    backends:
                      - address: 10.0.0.11:8443
                      - address: 10.0.0.12:8443
                      - address: 10.0.0.99:80
                        backup: true
                """);
        assertThat(notes(imported))
                .anyMatch(note -> note.startsWith("keepalived.conf:18 digest 9b3a"))
                .anyMatch(note ->
                        note.startsWith("keepalived.conf:25 real_server 10.0.0.12 8443: mapped, with a difference:"
                                + " a service has the same checks for all its backends"));
    }

    @Test
    void linesForOtherHostsIncludesAndParametersAreReadAsKeepalivedDoes() {
        String text = """
                $VRID=7
                include more.conf
                include none.conf
                vrrp_instance one {
                    interface eth0
                    virtual_router_id $VRID
                    @lb1 priority 150
                    @^lb1 priority 90
                    virtual_ipaddress { 198.51.100.10 }
                }
                """;
        KeepalivedImport imported = imported(text, Optional.of("lb1"));
        assertThat(imported.virtualRouters()).isEqualTo(2);
        assertThat(imported.yaml())
                .contains("vrid: 7\n")
                .contains("priority: 150\n")
                .doesNotContain("priority: 90");
        assertThat(notes(imported))
                .contains("keepalived.conf:3 include none.conf: not mapped: no such file, or it cannot be read");
        assertThat(notes(imported(text))).anyMatch(note -> note.contains("say by --config-id which one this is"));
    }

    @Test
    void whatExcludedAddressesDoBesideAnOldKeepalivedIsTold() {
        KeepalivedImport imported = imported("""
                vrrp_instance one {
                    interface eth0
                    version 3
                    virtual_router_id 7
                    virtual_ipaddress { 198.51.100.10/24
                    }
                    virtual_ipaddress_excluded { 198.51.100.11/24
                    }
                }
                """);
        assertThat(imported.yaml()).contains("- 198.51.100.10/24", "- 198.51.100.11/24");
        assertThat(notes(imported))
                .singleElement()
                .asString()
                .startsWith("keepalived.conf:7 virtual_ipaddress_excluded: mapped, with a difference:")
                .contains("before 2.3.3", "both would be Active", "move those");
    }

    @Test
    void whatTheConfigurationRefusesIsLeftOutAndTold() {
        KeepalivedImport imported = imported("""
                vrrp_instance one {
                    interface eth0
                    version 3
                    virtual_router_id 700
                    virtual_ipaddress { 198.51.100.10 }
                }
                vrrp_instance two {
                    interface eth0
                    version 3
                    priority 999
                    virtual_router_id 8
                    virtual_ipaddress { 198.51.100.11 }
                    notify_backup /nonexistent/hook
                    something_new on
                }
                """);
        assertThat(imported.virtualRouters()).isEqualTo(1);
        assertThat(imported.yaml())
                .contains("vrid: 8\n")
                .contains("/nonexistent/hook")
                .doesNotContain("999");
        assertThat(notes(imported))
                .contains(
                        "keepalived.conf:10 priority 999: not mapped: virtual_routers.priority is 999 (expected: 1..255)",
                        "keepalived.conf:13 notify_backup /nonexistent/hook: mapped, with a difference: /nonexistent/hook:"
                                + " no such file on this host; config check refuses it until there is one",
                        "keepalived.conf:14 something_new on: not mapped: the importer does not know it")
                .anyMatch(note -> note.startsWith("keepalived.conf:4 virtual_router_id 700: not mapped"));
    }
}
