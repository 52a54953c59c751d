"""Options and environment variables become one frozen config per command, or one error that names everything wrong."""

from seeding.conf.check import CHECKS, CheckConfig, ExplainConfig, VerifyConfig
from seeding.conf.environment import (
    ENVIRONMENT_VARIABLES,
    SPELLINGS,
    Environment,
    allows_production,
    detect_environment,
    protected_databases,
)
from seeding.conf.logging import LogConfig, is_plain, load_logging
from seeding.conf.masking import MaskingConfig, load_masking, masking_key
from seeding.conf.monitoring import MonitoringConfig, load_monitoring
from seeding.conf.pooling import pools_transactions
from seeding.conf.project import missing_table_help, more_referred, row_rules
from seeding.conf.reading import reading
from seeding.conf.restoration import ResetConfig, SnapshotConfig, load_reset, load_snapshot
from seeding.conf.rollback import RollbackConfig, Strategy, load_rollback
from seeding.conf.seed import DEFAULT_SEED, SeedConfig, forced_writer, load_seed
from seeding.conf.writing import WritingConfig, listed

__all__ = [
    "CHECKS",
    "DEFAULT_SEED",
    "ENVIRONMENT_VARIABLES",
    "SPELLINGS",
    "CheckConfig",
    "Environment",
    "ExplainConfig",
    "LogConfig",
    "MaskingConfig",
    "MonitoringConfig",
    "ResetConfig",
    "RollbackConfig",
    "SeedConfig",
    "SnapshotConfig",
    "Strategy",
    "VerifyConfig",
    "WritingConfig",
    "allows_production",
    "detect_environment",
    "forced_writer",
    "is_plain",
    "listed",
    "load_logging",
    "load_masking",
    "load_monitoring",
    "load_reset",
    "load_rollback",
    "load_seed",
    "load_snapshot",
    "masking_key",
    "missing_table_help",
    "more_referred",
    "pools_transactions",
    "protected_databases",
    "reading",
    "row_rules",
]
