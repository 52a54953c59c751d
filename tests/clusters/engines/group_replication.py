"""MySQL Group Replication, with one primary or several."""

from __future__ import annotations

from tests.clusters.engines.base import HOST, Cluster, Node, at_once, until
from tests.servers import MySQL, Server
from tests.servers.engines import free_port

NAME = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
ACCOUNTS = f"""
    SET SESSION sql_log_bin = 0;
    CREATE USER root@'{HOST}';
    GRANT ALL ON *.* TO root@'{HOST}' WITH GRANT OPTION;
    CREATE USER replication@'{HOST}' IDENTIFIED BY 'replication';
    GRANT REPLICATION SLAVE, CONNECTION_ADMIN, BACKUP_ADMIN, GROUP_REPLICATION_STREAM ON *.* TO replication@'{HOST}';
    SET SESSION sql_log_bin = 1;
    RESET BINARY LOGS AND GTIDS;
    CHANGE REPLICATION SOURCE TO SOURCE_USER = 'replication', SOURCE_PASSWORD = 'replication'
        FOR CHANNEL 'group_replication_recovery';
"""
"""Those that other members and the tests connect as. Every member makes them itself, so nobody replicates them."""
FOUND = "SET GLOBAL group_replication_bootstrap_group = {}"
MEMBERS = "FROM performance_schema.replication_group_members WHERE member_state = 'ONLINE'"


class Member(Node, MySQL):
    """One member. The higher its weight, the sooner it becomes the primary."""

    def __init__(self, *options: str, weight: int) -> None:
        super().__init__(*options)
        self.group, self.weight = free_port(), weight
        self.seeds: list[int] = []
        """The group ports of all members."""

    def command(self) -> list[str]:
        """With the binary log, and the performance schema that lists the members."""
        return [
            *(part for part in super().command() if part not in ("--skip-log-bin", "--performance-schema=OFF")),
            "--gtid-mode=ON",
            "--enforce-gtid-consistency=ON",
            "--sync-binlog=0",
            f"--report-host={HOST}",
            f"--report-port={self.port}",
            "--plugin-load-add=group_replication.so",
            f"--loose-group-replication-group-name={NAME}",
            "--loose-group-replication-start-on-boot=OFF",
            f"--loose-group-replication-local-address={HOST}:{self.group}",
            f"--loose-group-replication-group-seeds={','.join(f'{HOST}:{port}' for port in self.seeds)}",
            f"--loose-group-replication-ip-allowlist={HOST}/8",
            "--loose-group-replication-recovery-get-public-key=ON",
            "--loose-group-replication-member-expel-timeout=0",
            f"--loose-group-replication-member-weight={self.weight}",
        ]

    def found(self) -> None:
        """Be the first member of the group."""
        self.sql(f"{FOUND.format('ON')}; START GROUP_REPLICATION; {FOUND.format('OFF')}")

    def join(self) -> None:
        """Join the group; returns when it has caught up."""
        self.sql("START GROUP_REPLICATION")
        until(lambda: self.sql(f"SELECT COUNT(*) {MEMBERS} AND member_id = @@server_uuid").strip() == "1")

    def restart(self) -> None:
        """Start it again after a crash, and rejoin."""
        self.start()
        self.join()

    def start_alone(self) -> Server:
        """Start it with its accounts, outside of the group."""
        self.start()
        self.sql(ACCOUNTS)
        return self


class GroupReplication(Cluster[Member]):
    """A group; with `primaries` every member accepts writes. `options` are added to every member's command line."""

    def __init__(self, *options: str, members: int = 3, every_one_writes: bool = False) -> None:
        if every_one_writes:
            options += ("--loose-group-replication-single-primary-mode=OFF",)  # its own checks forbid cascading keys
        super().__init__([Member(*options, weight=90 - 10 * place) for place in range(members)])

    def start(self) -> None:
        """The first member founds the group, and the others join it."""
        self.install("auto.cnf")
        for node in self.nodes:
            node.seeds = [one.group for one in self.nodes]
        at_once([node.start_alone for node in self.nodes])
        first, *others = self.nodes
        first.found()
        until(lambda: first.accepts_writes)
        for node in others:
            node.join()

    def repair(self) -> None:
        """Restart the members that are down, and let the first one be the primary again."""
        super().repair()
        first = self.nodes[0]
        if not first.accepts_writes:
            first.sql("SELECT group_replication_set_as_primary(@@server_uuid)")
            until(lambda: first.accepts_writes)

    def settle(self) -> None:
        """Wait until every member has executed what the others have."""
        executed = {node.sql("SELECT @@global.gtid_executed").replace("\\n", "").strip() for node in self.nodes}
        for node in self.nodes:
            for one in executed:
                node.sql(f"SELECT WAIT_FOR_EXECUTED_GTID_SET('{one}', 60)")
