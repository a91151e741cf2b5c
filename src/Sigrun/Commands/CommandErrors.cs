using System.Text;

namespace Sigrun.Commands;

/// <summary>The error texts that many commands share, in Valkey's words.</summary>
internal static class CommandErrors
{
    private const int NameMax = 128;
    private const int ArgumentsMax = 128;

    /// <summary>The value has another type.</summary>
    public static ReadOnlySpan<byte> WrongType => "WRONGTYPE Operation against a key holding the wrong kind of value"u8;

    /// <summary>The arguments do not make sense.</summary>
    public static ReadOnlySpan<byte> Syntax => "ERR syntax error"u8;

    /// <summary>Not a 64-bit integer.</summary>
    public static ReadOnlySpan<byte> NotAnInteger => "ERR value is not an integer or out of range"u8;

    /// <summary>Not a floating-point number.</summary>
    public static ReadOnlySpan<byte> NotAFloat => "ERR value is not a valid float"u8;

    /// <summary>No such key.</summary>
    public static ReadOnlySpan<byte> NoSuchKey => "ERR no such key"u8;

    /// <summary>COPY or MOVE of a key onto itself.</summary>
    public static ReadOnlySpan<byte> SameObject => "ERR source and destination objects are the same"u8;

    /// <summary>A database index beyond the configured number.</summary>
    public static ReadOnlySpan<byte> DbIndexOutOfRange => "ERR DB index is out of range"u8;

    /// <summary>A string would exceed proto-max-bulk-len.</summary>
    public static ReadOnlySpan<byte> StringTooLong => "ERR string exceeds maximum allowed size (proto-max-bulk-len)"u8;

    /// <summary>A name that must be free is not.</summary>
    public static ReadOnlySpan<byte> BusyKey => "BUSYKEY Target key name already exists."u8;

    /// <summary>A wrong number of arguments.</summary>
    public static string WrongArity(int id) =>
        $"ERR wrong number of arguments for '{Encoding.ASCII.GetString(CommandTable.FullName(id))}' command";

    /// <summary>A command that does not exist, with the beginning of its arguments.</summary>
    public static string UnknownCommand(CommandContext c)
    {
        var text = new StringBuilder("ERR unknown command '");
        text.Append(Cut(c.Arg(0), NameMax)).Append("', with args beginning with: ");
        int written = 0;
        for (int i = 1; i < c.ArgCount && written < ArgumentsMax; i++)
        {
            string argument = $"'{Cut(c.Arg(i), ArgumentsMax - written)}' ";
            text.Append(argument);
            written += argument.Length;
        }
        return text.ToString();
    }

    /// <summary>A container without that subcommand.</summary>
    public static string UnknownSubcommand(CommandContext c)
    {
        string name = Encoding.Latin1.GetString(UpToNul(c.Arg(0))).ToUpperInvariant();
        return $"ERR unknown subcommand '{Cut(c.Arg(1), NameMax)}'. Try {name} HELP.";
    }

    /// <summary>A subcommand that does not exist, or not with that many arguments, of a command that is no container.</summary>
    public static string UnknownSubcommandOrArity(CommandContext c)
    {
        string name = Encoding.Latin1.GetString(UpToNul(c.Arg(0))).ToUpperInvariant();
        return $"ERR unknown subcommand or wrong number of arguments for '{Cut(c.Arg(1), NameMax)}'. Try {name} HELP.";
    }

    /// <summary>What of an argument appears in an error text: everything before the first zero byte.</summary>
    public static ReadOnlySpan<byte> UpToNul(ReadOnlySpan<byte> bytes)
    {
        int nul = bytes.IndexOf((byte)0);
        return nul < 0 ? bytes : bytes[..nul];
    }

    private static string Cut(ReadOnlySpan<byte> bytes, int max)
    {
        bytes = UpToNul(bytes);
        return Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, max)]);
    }
}
