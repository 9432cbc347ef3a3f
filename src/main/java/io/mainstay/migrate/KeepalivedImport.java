// SPDX-License-Identifier: Apache-2.0
package io.mainstay.migrate;

import io.mainstay.config.HostFacts;
import io.mainstay.config.KeyFile;
import io.mainstay.migrate.Draft.Section;
import java.util.List;
import java.util.Optional;

/**
 * Makes a mainstay.yaml of a keepalived.conf (keepalived.conf(5)). Never throws for what the files hold.
 *
 * @param yaml passes {@code mainstay config check} on a host that has the programs which it names; it leaves out what could
 *     not be taken over
 * @param notes what there is to know about the directives of the old configuration, in the order of the file
 * @param virtualRouters how many it has
 * @param services how many it has
 */
public record KeepalivedImport(String yaml, List<Note> notes, int virtualRouters, int services) {

    /** Key files, too, are there on the host that the new configuration is for. */
    private static final KeyFile ANY_KEY = new KeyFile.Read(new byte[32]);

    public KeepalivedImport {
        notes = List.copyOf(notes);
    }

    /**
     * Reads the configuration and all that it includes.
     *
     * @param configId what keepalived is started with as {@code --config-id}, which chooses conditional lines
     * @param host what the check of the new configuration goes by
     */
    public static KeepalivedImport of(SourceText source, Includes includes, Optional<String> configId, HostFacts host) {
        Notes notes = new Notes();
        List<Directive> directives =
                new DirectiveParser(notes).parse(new LineReader(includes, configId, notes).read(source));
        Section root = Section.of(new Directive(new Origin(source.file(), 1), List.of("(file)"), List.of()));
        fill(root, directives, new Programs(host.unexecutable(), notes), notes);
        // A program that is missing on this host is told, and not left out: the file may be for another one.
        HostFacts anyHost =
                new HostFacts(host.hostname(), host.runDirectory(), host.ownAddress(), program -> "", path -> ANY_KEY);
        String yaml = new DraftCheck(root, notes, anyHost).settle();
        return new KeepalivedImport(yaml, notes.sorted(), count(root, "virtual_routers"), count(root, "services"));
    }

    private static void fill(Section root, List<Directive> directives, Programs programs, Notes notes) {
        GlobalDefs global = GlobalDefs.none();
        Trackers trackers = new Trackers(programs, notes);
        Services services = new Services(root, programs, notes);
        for (Directive each : directives) {
            switch (each.name()) {
                case "global_defs" -> global = global.with(each, root, notes);
                case "vrrp_script" -> trackers.defineScript(each);
                case "vrrp_track_process", "track_process" -> trackers.defineProcess(each);
                case "vrrp_track_file", "track_file" -> trackers.defineFile(each);
                case "virtual_server_group" -> services.defineGroup(each);
                case "vrrp_instance", "vrrp_sync_group", "virtual_server" -> {}
                default -> KnownDirectives.tell(each, notes);
            }
        }
        VirtualRouters routers = new VirtualRouters(root, global, trackers, new Hooks(programs, notes), notes);
        of("vrrp_instance", directives).forEach(routers::addInstance);
        of("vrrp_sync_group", directives).forEach(routers::addGroup);
        of("virtual_server", directives).forEach(services::add);
    }

    private static List<Directive> of(String name, List<Directive> directives) {
        return directives.stream().filter(each -> each.name().equals(name)).toList();
    }

    private static int count(Section root, String key) {
        return root.keys().get(key) instanceof Draft.Items items ? items.items().size() : 0;
    }
}
