using System.Text;
using Sigrun.Commands;
using Sigrun.Storage;

namespace Sigrun.Clients;

/// <summary>
/// The filters of CLIENT LIST and CLIENT KILL. A client is accepted when it passes every filter given; of several of a kind
/// the last one counts, but for IDs, of which any will do.
/// </summary>
internal sealed class ClientFilter
{
    private const string KnownFlags = "OSMPxbtRBdcuAUreTIiEN";
    private const string KnownCapabilities = "r";

    private static readonly string[] KnownTypes = ["normal", "slave", "replica", "pubsub", "master", "primary", "slot-import", "slot-export"];

    private readonly Dictionary<string, Func<ClientSession, bool>> _conditions = [];
    private HashSet<long>? _ids;
    private HashSet<long>? _excludedIds;
    private bool _skipsCaller;

    /// <summary>Creates a filter that accepts everyone, except the caller if so wanted.</summary>
    public ClientFilter(bool skipsCaller) => _skipsCaller = skipsCaller;

    /// <summary>The address that a client must come from; null for any.</summary>
    public string? Address { get; set; }

    /// <summary>Reads filters from the arguments; replies the error and returns false when they make no sense.</summary>
    public bool TryParse(CommandContext c, int index)
    {
        while (index < c.ArgCount)
        {
            string name = Encoding.Latin1.GetString(c.Arg(index)).ToUpperInvariant();
            bool negated = name.StartsWith("NOT-", StringComparison.Ordinal);
            if (negated) name = name[4..];
            if (index + 1 >= c.ArgCount) return c.Refuse(CommandErrors.Syntax);
            if (name == "ID")
            {
                if (!TryParseIds(c, ref index, negated)) return false;
                continue;
            }
            if (!TryParseOne(c, name, negated, index + 1)) return false;
            index += 2;
        }
        return true;
    }

    /// <summary>Whether a client passes.</summary>
    public bool Accepts(ClientSession client, CommandContext c)
    {
        if (_skipsCaller && client == c.Client) return false;
        if (Address is not null && ClientReport.Address(client) != Address) return false;
        if (_ids is not null && !_ids.Contains(client.Id)) return false;
        if (_excludedIds is not null && _excludedIds.Contains(client.Id)) return false;
        foreach (Func<ClientSession, bool> condition in _conditions.Values)
        {
            if (!condition(client)) return false;
        }
        return true;
    }

    private bool TryParseIds(CommandContext c, ref int index, bool negated)
    {
        HashSet<long> ids = negated ? _excludedIds ??= [] : _ids ??= [];
        for (index++; index < c.ArgCount && NumberText.TryParseInt64(c.Arg(index), out long id); index++)
        {
            if (id < 1) return c.Refuse("ERR client-id should be greater than 0"u8);
            ids.Add(id);
        }
        return true;
    }

    private bool TryParseOne(CommandContext c, string name, bool negated, int index)
    {
        ReadOnlySpan<byte> bytes = c.Arg(index);
        string value = Encoding.Latin1.GetString(bytes);
        switch (name)
        {
            case "ADDR":
                return Add(name, negated, client => ClientReport.Address(client) == value);
            case "LADDR":
                return Add(name, negated, client => client.Connection?.LocalAddress == value);
            case "IP":
                return Add(name, negated, client => IpOf(ClientReport.Address(client)) == value);
            case "NAME":
                return Add(name, negated, client => IsText(client.Name, value));
            case "LIB-NAME":
                return Add(name, negated, client => IsText(client.LibraryName, value));
            case "LIB-VER":
                return Add(name, negated, client => IsText(client.LibraryVersion, value));
            case "TYPE":
                return TryParseType(c, value, negated);
            case "USER":
                if (c.Engine.Users.Find(value) is not { } user) return c.Refuse([.. "ERR No such user '"u8, .. bytes, (byte)'\'']);
                return Add(name, negated, client => client.User == user);
            case "FLAGS":
                return TryParseLetters(c, value, KnownFlags, negated ? "ERR Unknown flags found in the NOT-FLAGS filter: "u8 : "ERR Unknown flags found in the provided filter: "u8)
                    && Add(name, negated, client => HasAll(ClientReport.Flags(client), value));
            case "CAPA":
                return TryParseLetters(c, value, KnownCapabilities, negated ? "ERR Unknown capa found in the NOT-CAPA filter: "u8 : "ERR Unknown capa found in the provided filter: "u8)
                    && Add(name, negated, client => value.Length == 0 || client.FollowsRedirects);
            case "DB":
                return TryParseDatabase(c, index, negated);
            case "MAXAGE" when !negated:
                return TryParseSeconds(c, index, "maxage", out long age)
                    && Add(name, false, client => client.Engine.NowMs / 1000 - client.CreatedMs / 1000 >= age);
            case "IDLE" when !negated:
                return TryParseSeconds(c, index, "idle", out long idle)
                    && Add(name, false, client => client.Engine.NowMs / 1000 - client.LastInteractionMs / 1000 >= idle);
            case "SKIPME" when !negated:
                return TryParseSkipMe(c, index);
            default:
                return c.Refuse(CommandErrors.Syntax);
        }
    }

    private bool Add(string name, bool negated, Func<ClientSession, bool> condition)
    {
        _conditions[negated ? "NOT-" + name : name] = negated ? client => !condition(client) : condition;
        return true;
    }

    /// <summary>Whether a client has given itself this text: one that has not given any has not given an empty one.</summary>
    private static bool IsText(byte[] text, string value) => text.Length > 0 && Encoding.Latin1.GetString(text) == value;

    private bool TryParseType(CommandContext c, string value, bool negated)
    {
        if (Array.IndexOf(KnownTypes, value.ToLowerInvariant()) < 0)
        {
            return c.Refuse([.. "ERR Unknown client type '"u8, .. Encoding.Latin1.GetBytes(value), (byte)'\'']);
        }
        bool isNormal = value.Equals("normal", StringComparison.OrdinalIgnoreCase);
        bool isPubSub = value.Equals("pubsub", StringComparison.OrdinalIgnoreCase);
        return Add("TYPE", negated, client => client.IsSubscriber ? isPubSub : isNormal);
    }

    private bool TryParseDatabase(CommandContext c, int index, bool negated)
    {
        string name = negated ? "NOT-DB" : "DB";
        if (!NumberText.TryParseInt64(c.Arg(index), out long number) || number is < int.MinValue or > int.MaxValue)
        {
            return c.Refuse(Encoding.ASCII.GetBytes($"ERR {name} is not an integer or out of range"));
        }
        int last = c.Engine.Databases.Length - 1;
        if (number < 0 || number > last) return c.Refuse(Encoding.ASCII.GetBytes($"ERR {name} number should be between 0 and {last}"));
        return Add("DB", negated, client => client.Db.Index == number);
    }

    private bool TryParseSkipMe(CommandContext c, int index)
    {
        _skipsCaller = c.ArgIs(index, "yes"u8);
        return _skipsCaller || c.ArgIs(index, "no"u8) || c.Refuse(CommandErrors.Syntax);
    }

    private static bool TryParseSeconds(CommandContext c, int index, string name, out long seconds)
    {
        if (!NumberText.TryParseInt64(c.Arg(index), out seconds)) return c.Refuse(Encoding.ASCII.GetBytes($"ERR {name} is not an integer or out of range"));
        return seconds > 0 || c.Refuse(Encoding.ASCII.GetBytes($"ERR {name} should be greater than 0"));
    }

    private static bool TryParseLetters(CommandContext c, string letters, string known, ReadOnlySpan<byte> error)
    {
        foreach (char letter in letters)
        {
            if (!known.Contains(letter)) return c.Refuse([.. error, .. Encoding.Latin1.GetBytes(letters)]);
        }
        return true;
    }

    private static bool HasAll(string flags, string wanted)
    {
        foreach (char letter in wanted)
        {
            if (!flags.Contains(letter)) return false;
        }
        return true;
    }

    /// <summary>The address without its port; null where it is the name of something else.</summary>
    private static string? IpOf(string address) =>
        address.EndsWith(":0", StringComparison.Ordinal) ? null : address[..Math.Max(0, address.LastIndexOf(':'))].Trim('[', ']');
}
