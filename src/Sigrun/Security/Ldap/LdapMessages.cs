using System.Formats.Asn1;
using System.Text;

namespace Sigrun.Security.Ldap;

/// <summary>The kinds of messages that servers send.</summary>
internal enum LdapMessageKind
{
    /// <summary>The answer to a bind.</summary>
    BindResponse = 1,

    /// <summary>One of the entries that a search has found.</summary>
    SearchEntry = 4,

    /// <summary>The end of a search.</summary>
    SearchDone = 5,

    /// <summary>Where to search as well.</summary>
    SearchReference = 19,

    /// <summary>The answer to an extended operation, or the news that the server closes the connection.</summary>
    ExtendedResponse = 24,
}

/// <summary>Writes and reads the messages of LDAP (RFC 4511) that logging in needs, and no others.</summary>
internal static class LdapMessages
{
    private const int Version = 3;
    private const int BindRequest = 0;
    private const int SearchRequest = 3;
    private const int ExtendedRequest = 23;

    /// <summary>More entries than one make a name ambiguous; how many does not matter.</summary>
    public const int EntriesMax = 2;

    /// <summary>The extended operation that encrypts the connection.</summary>
    public static ReadOnlySpan<byte> StartTls => "1.3.6.1.4.1.1466.20037"u8;

    /// <summary>The extended operation that asks as whom one is bound, which any server can say at once.</summary>
    public static ReadOnlySpan<byte> WhoAmI => "1.3.6.1.4.1.4203.1.11.3"u8;

    /// <summary>A simple bind.</summary>
    public static byte[] Bind(int id, ReadOnlySpan<byte> dn, ReadOnlySpan<byte> password)
    {
        AsnWriter writer = Begin(id);
        using (writer.PushSequence(Operation(BindRequest)))
        {
            writer.WriteInteger(Version);
            writer.WriteOctetString(dn);
            writer.WriteOctetString(password, new Asn1Tag(TagClass.ContextSpecific, 0));
        }
        return End(writer);
    }

    /// <summary>A search for the entry of a user.</summary>
    public static byte[] Search(int id, LdapOptions options, ReadOnlySpan<byte> user)
    {
        AsnWriter writer = Begin(id);
        using (writer.PushSequence(Operation(SearchRequest)))
        {
            writer.WriteOctetString(options.SearchBase);
            writer.WriteEncodedValue([0x0A, 1, (byte)options.SearchScope]);
            // Aliases are not followed.
            writer.WriteEncodedValue([0x0A, 1, 0]);
            writer.WriteInteger(EntriesMax);
            writer.WriteInteger(0);
            writer.WriteBoolean(false);
            LdapFilter.WriteBoth(writer, options.SearchFilter, options.SearchAttribute, user);
            using (writer.PushSequence()) writer.WriteOctetString(options.SearchDnAttribute);
        }
        return End(writer);
    }

    /// <summary>An extended operation without a value.</summary>
    public static byte[] Extended(int id, ReadOnlySpan<byte> operation)
    {
        AsnWriter writer = Begin(id);
        using (writer.PushSequence(Operation(ExtendedRequest))) writer.WriteOctetString(operation, new Asn1Tag(TagClass.ContextSpecific, 0));
        return End(writer);
    }

    /// <summary>Opens a message of a server.</summary>
    /// <param name="message">The bytes.</param>
    /// <param name="id">Which request it answers; 0 for none.</param>
    /// <param name="kind">What it is.</param>
    /// <returns>What is in it.</returns>
    public static AsnReader Open(ReadOnlyMemory<byte> message, out int id, out LdapMessageKind kind)
    {
        AsnReader content = new AsnReader(message, AsnEncodingRules.BER).ReadSequence();
        if (!content.TryReadInt32(out id)) throw new AsnContentException();
        Asn1Tag tag = content.PeekTag();
        if (tag.TagClass != TagClass.Application) throw new AsnContentException();
        kind = (LdapMessageKind)tag.TagValue;
        return content.ReadSequence(tag);
    }

    /// <summary>Reads the result that an answer begins with.</summary>
    public static LdapResult ReadResult(AsnReader content)
    {
        ReadOnlyMemory<byte> code = content.ReadEnumeratedBytes();
        if (code.Length != 1) throw new AsnContentException();
        return new LdapResult(code.Span[0], Encoding.UTF8.GetString(content.ReadOctetString()), Encoding.UTF8.GetString(content.ReadOctetString()));
    }

    /// <summary>Reads the first value of an attribute from an entry; null when the entry does not have it.</summary>
    public static byte[]? ReadValue(AsnReader entry, ReadOnlySpan<byte> attribute)
    {
        entry.ReadOctetString();
        AsnReader attributes = entry.ReadSequence();
        while (attributes.HasData)
        {
            AsnReader one = attributes.ReadSequence();
            byte[] name = one.ReadOctetString();
            AsnReader values = one.ReadSetOf(skipSortOrderValidation: true);
            if (Ascii.EqualsIgnoreCase(name, attribute) && values.HasData) return values.ReadOctetString();
        }
        return null;
    }

    private static Asn1Tag Operation(int number) => new(TagClass.Application, number);

    private static AsnWriter Begin(int id)
    {
        var writer = new AsnWriter(AsnEncodingRules.BER);
        writer.PushSequence();
        writer.WriteInteger(id);
        return writer;
    }

    private static byte[] End(AsnWriter writer)
    {
        writer.PopSequence();
        return writer.Encode();
    }
}
