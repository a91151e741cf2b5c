using System.Buffers;
using System.Formats.Asn1;
using Sigrun.Configuration;

namespace Sigrun.Security.Ldap;

/// <summary>Reads a search filter as administrators write it (RFC 4515) and writes it as servers want it (RFC 4511, 4.5.1.7).</summary>
/// <remarks>Only the configured part of a filter is ever read from text; the user's name joins it as a value of its own.</remarks>
internal ref struct LdapFilter
{
    private const int DepthMax = 32;

    private static readonly SearchValues<byte> AttributeBytes =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.;"u8);

    private readonly AsnWriter _writer;
    private readonly ReadOnlySpan<byte> _text;
    private int _at;

    private LdapFilter(AsnWriter writer, ReadOnlySpan<byte> text)
    {
        _writer = writer;
        _text = text;
    }

    /// <summary>What is wrong with a filter of the configuration, or null.</summary>
    public static string? Check(string filter) =>
        filter.Length == 0 || TryWrite(new AsnWriter(AsnEncodingRules.BER), ConfigText.ToBytes(filter)) ? null : "not a valid LDAP search filter";

    /// <summary>What is wrong with the name of an attribute, or null.</summary>
    public static string? CheckAttribute(string name) =>
        ConfigText.ToBytes(name).AsSpan().ContainsAnyExcept(AttributeBytes) ? "not a valid name of an LDAP attribute" : null;

    /// <summary>Writes a filter that was checked, and that an attribute has a value.</summary>
    public static void WriteBoth(AsnWriter writer, ReadOnlySpan<byte> filter, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        using (writer.PushSequence(Choice(And)))
        {
            if (!TryWrite(writer, filter)) throw new LdapException("failed to search ldap user: filter parse error");
            WriteComparison(writer, Equality, attribute, value);
        }
    }

    private const int And = 0;
    private const int Or = 1;
    private const int Not = 2;
    private const int Equality = 3;
    private const int Substrings = 4;
    private const int GreaterOrEqual = 5;
    private const int LessOrEqual = 6;
    private const int Present = 7;
    private const int Approximate = 8;
    private const int Extensible = 9;

    private static Asn1Tag Choice(int number) => new(TagClass.ContextSpecific, number);

    private static bool TryWrite(AsnWriter writer, ReadOnlySpan<byte> text)
    {
        var filter = new LdapFilter(writer, text);
        bool isRead = text.StartsWith("("u8) ? filter.TryParenthesis(0) : filter.TryItem();
        return isRead && filter._at == text.Length;
    }

    private readonly byte Next => _at < _text.Length ? _text[_at] : (byte)0;

    private bool TryTake(byte expected)
    {
        if (Next != expected) return false;
        _at++;
        return true;
    }

    private bool TryParenthesis(int depth)
    {
        if (depth == DepthMax || !TryTake((byte)'(')) return false;
        bool isRead = Next switch
        {
            (byte)'&' => TryList(And, depth),
            (byte)'|' => TryList(Or, depth),
            (byte)'!' => TryNegation(depth),
            _ => TryItem(),
        };
        return isRead && TryTake((byte)')');
    }

    private bool TryList(int choice, int depth)
    {
        _at++;
        using (_writer.PushSequence(Choice(choice)))
        {
            while (Next == '(')
            {
                if (!TryParenthesis(depth + 1)) return false;
            }
        }
        return true;
    }

    private bool TryNegation(int depth)
    {
        _at++;
        using (_writer.PushSequence(Choice(Not))) return TryParenthesis(depth + 1);
    }

    /// <summary>An attribute, how it is compared, and with what.</summary>
    private bool TryItem()
    {
        ReadOnlySpan<byte> attribute = Attribute();
        byte sign = Next;
        if (sign == ':') return TryExtensible(attribute);
        if (attribute.IsEmpty) return false;
        if (sign != '=') _at++;
        if (!TryTake((byte)'=')) return false;
        ReadOnlySpan<byte> value = Value();
        return sign switch
        {
            (byte)'=' when value.SequenceEqual("*"u8) => WritePresent(attribute),
            (byte)'=' when value.Contains((byte)'*') => TrySubstrings(attribute, value),
            (byte)'=' => TryComparison(Equality, attribute, value),
            (byte)'>' => TryComparison(GreaterOrEqual, attribute, value),
            (byte)'<' => TryComparison(LessOrEqual, attribute, value),
            (byte)'~' => TryComparison(Approximate, attribute, value),
            _ => false,
        };
    }

    private ReadOnlySpan<byte> Attribute()
    {
        int length = _text[_at..].IndexOfAnyExcept(AttributeBytes);
        ReadOnlySpan<byte> name = length < 0 ? _text[_at..] : _text.Slice(_at, length);
        _at += name.Length;
        return name;
    }

    private ReadOnlySpan<byte> Value()
    {
        int length = _text[_at..].IndexOfAny("()"u8);
        ReadOnlySpan<byte> value = length < 0 ? _text[_at..] : _text.Slice(_at, length);
        _at += value.Length;
        return value;
    }

    private readonly bool WritePresent(ReadOnlySpan<byte> attribute)
    {
        _writer.WriteOctetString(attribute, Choice(Present));
        return true;
    }

    private readonly bool TryComparison(int choice, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> escaped)
    {
        if (!TryUnescape(escaped, out byte[] value)) return false;
        WriteComparison(_writer, choice, attribute, value);
        return true;
    }

    private static void WriteComparison(AsnWriter writer, int choice, ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        using (writer.PushSequence(Choice(choice)))
        {
            writer.WriteOctetString(attribute);
            writer.WriteOctetString(value);
        }
    }

    /// <summary>A beginning, middles and an end, of which those may be missing that the stars stand for.</summary>
    private readonly bool TrySubstrings(ReadOnlySpan<byte> attribute, ReadOnlySpan<byte> value)
    {
        const int Initial = 0;
        const int Any = 1;
        const int Final = 2;
        using (_writer.PushSequence(Choice(Substrings)))
        {
            _writer.WriteOctetString(attribute);
            using (_writer.PushSequence())
            {
                int kind = Initial;
                while (kind != Final)
                {
                    int star = value.IndexOf((byte)'*');
                    if (star < 0) kind = Final;
                    if (!TryUnescape(star < 0 ? value : value[..star], out byte[] part)) return false;
                    if (part.Length > 0) _writer.WriteOctetString(part, Choice(kind));
                    if (star < 0) break;
                    value = value[(star + 1)..];
                    kind = Any;
                }
            }
        }
        return true;
    }

    /// <summary>A matching rule, by which an attribute, or any, is compared, perhaps with those of the name as well.</summary>
    private bool TryExtensible(ReadOnlySpan<byte> attribute)
    {
        bool withName = false;
        ReadOnlySpan<byte> rule = default;
        while (TryTake((byte)':') && Next != '=')
        {
            ReadOnlySpan<byte> word = Attribute();
            if (word.SequenceEqual("dn"u8) && !withName && rule.IsEmpty) withName = true;
            else if (rule.IsEmpty && !word.IsEmpty) rule = word;
            else return false;
        }
        if (!TryTake((byte)'=') || (attribute.IsEmpty && rule.IsEmpty) || !TryUnescape(Value(), out byte[] value)) return false;
        using (_writer.PushSequence(Choice(Extensible)))
        {
            if (!rule.IsEmpty) _writer.WriteOctetString(rule, Choice(1));
            if (!attribute.IsEmpty) _writer.WriteOctetString(attribute, Choice(2));
            _writer.WriteOctetString(value, Choice(3));
            if (withName) _writer.WriteBoolean(true, Choice(4));
        }
        return true;
    }

    private static bool TryUnescape(ReadOnlySpan<byte> escaped, out byte[] value)
    {
        value = new byte[escaped.Length];
        int length = 0;
        for (int i = 0; i < escaped.Length; i++)
        {
            byte b = escaped[i];
            if (b == '\\')
            {
                if (i + 2 >= escaped.Length || Convert.FromHexString(escaped.Slice(i + 1, 2), value.AsSpan(length), out _, out _) != OperationStatus.Done)
                    return false;
                b = value[length];
                i += 2;
            }
            value[length++] = b;
        }
        Array.Resize(ref value, length);
        return true;
    }
}
