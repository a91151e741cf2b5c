using System.Text;
using Sigrun.Commands;

namespace Sigrun.Keyspace;

/// <summary>The words that may follow a value, or a key, in commands that read or write values with conditions and expiry.</summary>
[Flags]
internal enum WriteOption
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>NX: only if the key does not exist.</summary>
    IfMissing = 1 << 0,

    /// <summary>XX: only if the key exists.</summary>
    IfPresent = 1 << 1,

    /// <summary>FNX: only if none of the fields exists.</summary>
    IfFieldsMissing = 1 << 2,

    /// <summary>FXX: only if all fields exist.</summary>
    IfFieldsPresent = 1 << 3,

    /// <summary>IFEQ value: only if the key holds that string.</summary>
    IfEqual = 1 << 4,

    /// <summary>GET: reply with the old value.</summary>
    Get = 1 << 5,

    /// <summary>KEEPTTL: the expiry stays.</summary>
    KeepTtl = 1 << 6,

    /// <summary>PERSIST: the expiry goes.</summary>
    Persist = 1 << 7,

    /// <summary>EX seconds from now.</summary>
    Seconds = 1 << 8,

    /// <summary>PX milliseconds from now.</summary>
    Milliseconds = 1 << 9,

    /// <summary>EXAT seconds since 1970.</summary>
    SecondsAt = 1 << 10,

    /// <summary>PXAT milliseconds since 1970.</summary>
    MillisecondsAt = 1 << 11,

    /// <summary>The four words that are followed by a time.</summary>
    Expiry = Seconds | Milliseconds | SecondsAt | MillisecondsAt,

    /// <summary>The two that count from 1970.</summary>
    ExpiryAt = SecondsAt | MillisecondsAt,

    /// <summary>What SET takes.</summary>
    OfSet = IfMissing | IfPresent | IfEqual | Get | KeepTtl | Expiry,

    /// <summary>What MSETEX takes.</summary>
    OfMultiSet = IfMissing | IfPresent | KeepTtl | Expiry,

    /// <summary>What GETEX and HGETEX take.</summary>
    OfGetWithExpiry = Persist | Expiry,

    /// <summary>What HSETEX takes.</summary>
    OfHashSet = IfMissing | IfPresent | IfFieldsMissing | IfFieldsPresent | KeepTtl | Expiry,
}

/// <summary>The options that one command was given.</summary>
/// <remarks>
/// A word is accepted when the command knows it and no word before it rules it out; a word may be repeated,
/// but for IFEQ, and the last time given counts. Everything else is a syntax error. Which words exclude each
/// other is one table, so that all commands agree.
/// </remarks>
internal ref struct WriteOptions
{
    /// <summary>The words that were given.</summary>
    public WriteOption Given { get; private set; }

    /// <summary>The argument that holds the time, after its word; 0 when there is none.</summary>
    public int ExpiryIndex { get; private set; }

    /// <summary>The argument that IFEQ compares with; 0 when there is none.</summary>
    public int ComparisonIndex { get; private set; }

    /// <summary>Whether any of these words was given.</summary>
    public readonly bool Has(WriteOption options) => (Given & options) != 0;

    /// <summary>Reads arguments as options; replies a syntax error and returns false when one is out of place.</summary>
    /// <param name="c">The command.</param>
    /// <param name="first">The first argument to read.</param>
    /// <param name="end">The argument behind the last one to read.</param>
    /// <param name="known">The words that the command knows.</param>
    public bool TryParse(CommandContext c, int first, int end, WriteOption known)
    {
        for (int i = first; i < end; i++)
        {
            if (TryTake(c, ref i, end, known)) continue;
            c.Reply.Error(CommandErrors.Syntax);
            return false;
        }
        return true;
    }

    /// <summary>Takes one word, and the argument that belongs to it: then the index moves on to that argument.</summary>
    private bool TryTake(CommandContext c, ref int index, int end, WriteOption known)
    {
        WriteOption option = Recognise(c.Arg(index));
        if ((option & known) == 0 || Has(ExcludedBy(option))) return false;
        if ((option & (WriteOption.Expiry | WriteOption.IfEqual)) != 0)
        {
            if (++index == end) return false;
            if (option == WriteOption.IfEqual) ComparisonIndex = index;
            else ExpiryIndex = index;
        }
        Given |= option;
        return true;
    }

    /// <summary>
    /// The time of expiry in milliseconds since 1970, −1 when none was given. When it is not acceptable, the
    /// error is replied and the result is false.
    /// </summary>
    public readonly bool TryReadExpiry(CommandContext c, out long unixMs)
    {
        unixMs = -1;
        return ExpiryIndex == 0 || ExpiryArgument.TryReadPositive(c, ExpiryIndex, Unit, !Has(WriteOption.ExpiryAt), out unixMs);
    }

    /// <summary>The same for fields of a hash, where 0 is allowed.</summary>
    public readonly bool TryReadFieldExpiry(CommandContext c, out long unixMs)
    {
        unixMs = -1;
        return ExpiryIndex == 0 || ExpiryArgument.TryReadOfField(c, ExpiryIndex, Unit, !Has(WriteOption.ExpiryAt), out unixMs);
    }

    private readonly ExpiryUnit Unit =>
        Has(WriteOption.Milliseconds | WriteOption.MillisecondsAt) ? ExpiryUnit.Milliseconds : ExpiryUnit.Seconds;

    /// <summary>The word, if it is one of the options.</summary>
    public static WriteOption Recognise(ReadOnlySpan<byte> word) => word.Length switch
    {
        2 => Is(word, "EX"u8) ? WriteOption.Seconds
            : Is(word, "PX"u8) ? WriteOption.Milliseconds
            : Is(word, "NX"u8) ? WriteOption.IfMissing
            : Is(word, "XX"u8) ? WriteOption.IfPresent
            : WriteOption.None,
        3 => Is(word, "GET"u8) ? WriteOption.Get
            : Is(word, "FNX"u8) ? WriteOption.IfFieldsMissing
            : Is(word, "FXX"u8) ? WriteOption.IfFieldsPresent
            : WriteOption.None,
        4 => Is(word, "EXAT"u8) ? WriteOption.SecondsAt
            : Is(word, "PXAT"u8) ? WriteOption.MillisecondsAt
            : Is(word, "IFEQ"u8) ? WriteOption.IfEqual
            : WriteOption.None,
        7 => Is(word, "KEEPTTL"u8) ? WriteOption.KeepTtl
            : Is(word, "PERSIST"u8) ? WriteOption.Persist
            : WriteOption.None,
        _ => WriteOption.None,
    };

    /// <summary>The words after which this one is out of place.</summary>
    private static WriteOption ExcludedBy(WriteOption option) => option switch
    {
        WriteOption.IfMissing => WriteOption.IfPresent | WriteOption.IfEqual,
        WriteOption.IfPresent => WriteOption.IfMissing | WriteOption.IfEqual,
        WriteOption.IfFieldsMissing => WriteOption.IfFieldsPresent,
        WriteOption.IfFieldsPresent => WriteOption.IfFieldsMissing,
        WriteOption.IfEqual => WriteOption.IfMissing | WriteOption.IfPresent | WriteOption.IfEqual,
        WriteOption.KeepTtl => WriteOption.Persist | WriteOption.Expiry,
        WriteOption.Persist => WriteOption.KeepTtl | WriteOption.Expiry,
        WriteOption.Get or WriteOption.None => WriteOption.None,
        _ => WriteOption.KeepTtl | WriteOption.Persist | (WriteOption.Expiry & ~option),
    };

    private static bool Is(ReadOnlySpan<byte> word, ReadOnlySpan<byte> option) => Ascii.EqualsIgnoreCase(word, option);
}
