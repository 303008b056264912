"""What bash says that was typed."""

from click.shell_completion import BashComplete


class Bash(BashComplete):
    """Completion in bash, which makes two words of `@3`, but replaces them as one."""

    def get_completion_args(self) -> tuple[list[str], str]:
        args, incomplete = super().get_completion_args()
        if incomplete.isdecimal() and args and args[-1] == "@":
            return args[:-1], f"@{incomplete}"
        return args, incomplete
