"""The data types under load: what each command is sent to, and how its state is kept steady.

A shape is a number of keys and of elements in each: 100kx10, 1kx1k. Lists, sets, sorted sets and
HyperLogLogs hold items of 17 bytes, hashes fields and values of 16. All keys of a type hold the
same elements, numbered from zero. A pipeline is sent as one sequence of commands, each with a
random key of its own. The element is random too where there are as many keys as elements, since
the generator has one range for all its random numbers. Where there are few elements the sequence
walks through them. Other shapes cannot be asked for.

Commands that read find what they ask for, and all of a type share one filled server. Ranges start
at the head.

Commands that write would make what they are measured on grow or vanish, on a fast server more than
on a slow one. They are therefore sent in bursts: the server is emptied, filled and left to come to
rest, which is not measured; then the burst runs. It is 0.6 commands for each element, at every
server, so that all see the same states; a sample is as many bursts as fill its time.

    LPUSH, XADD         from 0.7 of the shape's elements to 1.3
    RPOP, SPOP          from 1.3 to 0.7; of keys with ten elements one in a hundred ends empty
    SADD, HSET, ZADD,   half of the commands go to elements that exist (HSET and ZADD give them
    PFADD               another value or score), half to as many others that do not exist at
                        first: a burst begins with the shape's elements and ends with 1.26 of them

Nothing in this crosses a size at which a type changes its encoding with default directives;
HyperLogLogs stay sparse.
"""

from __future__ import annotations

from dataclasses import dataclass

# Of 17 bytes with the twelve digits that the generator puts in; fields and values are of 16.
ITEM = "item0"
NEW_ITEM = "item1"
FIELD = "fld0"
NEW_FIELD = "fld1"
VALUE = "val:"
RANDOM = "__rand_int__"

_GROWN, _SHRUNK = 1.3, 0.7
_BURST_SHARE = 0.6


@dataclass(frozen=True)
class TypeCommand:
    """One command: the type it works on, its words, what it is called, how full its keys start.

    ``{key}``, ``{value}`` and ``{random}`` stand for random ones, ``{element}`` for one that
    exists, ``{either}`` for one that exists or may not.
    """

    type: str
    words: str
    title: str
    fill: float = 1.0
    writes: bool = False


COMMANDS = {
    "lpush": TypeCommand("list", "LPUSH {key} item0{random}", "LPUSH", _SHRUNK, True),
    "rpop": TypeCommand("list", "RPOP {key}", "RPOP", _GROWN, True),
    "lrange": TypeCommand("list", "LRANGE {key} 0 99", "LRANGE 100"),
    "sadd": TypeCommand("set", "SADD {key} {either}", "SADD", writes=True),
    "spop": TypeCommand("set", "SPOP {key}", "SPOP", _GROWN, True),
    "sismember": TypeCommand("set", "SISMEMBER {key} {element}", "SISMEMBER"),
    "hset": TypeCommand("hash", "HSET {key} {either} {value}", "HSET", writes=True),
    "hget": TypeCommand("hash", "HGET {key} {element}", "HGET"),
    "hgetall": TypeCommand("hash", "HGETALL {key}", "HGETALL"),
    "zadd": TypeCommand("zset", "ZADD {key} {random} {either}", "ZADD", writes=True),
    "zscore": TypeCommand("zset", "ZSCORE {key} {element}", "ZSCORE"),
    "zrange": TypeCommand("zset", "ZRANGE {key} 0 99", "ZRANGE 100"),
    "zrank": TypeCommand("zset", "ZRANK {key} {element}", "ZRANK"),
    "xadd": TypeCommand("stream", "XADD {key} * fld0 {value}", "XADD", _SHRUNK, True),
    "xrange": TypeCommand("stream", "XRANGE {key} - + COUNT 100", "XRANGE 100"),
    "pfadd": TypeCommand("hll", "PFADD {key} {either}", "PFADD", writes=True),
}


def can_send(pipeline: int, keys: int, elements: int) -> bool:
    """Whether a sequence of commands can reach every element of a shape evenly enough."""
    return pipeline >= 2 and (elements == keys or 2 * elements <= pipeline)


def burst(command: str, keys: int, elements: int) -> int | None:
    """How many commands may be sent before the keys must be filled again; None: any number."""
    return round(_BURST_SHARE * keys * elements) if COMMANDS[command].writes else None


def filled_elements(command: str, elements: int) -> int:
    """How many elements each key holds at first."""
    return round(COMMANDS[command].fill * elements)


def sequence(command: str, pipeline: int, keys: int, elements: int) -> list[str]:
    """The words of a pipeline's commands, as the generator wants them."""
    one = COMMANDS[command]
    old, new = (FIELD, NEW_FIELD) if one.type == "hash" else (ITEM, NEW_ITEM)

    def numbered(number: int) -> str:
        return RANDOM if elements == keys else f"{number % elements:012d}"

    words: list[str] = []
    for index in range(pipeline):
        words += [";"] if words else []
        words += [
            word.format(key=f"{one.type}:{RANDOM}", value=VALUE + RANDOM, random=RANDOM,
                        element=old + numbered(index),
                        either=(new if index % 2 else old) + numbered(index // 2))
            for word in one.words.split()]
    return words
