using Sigrun.Configuration;
using Sigrun.Persistence;
using Sigrun.Storage;
using Sigrun.Storage.Structures;
using Sigrun.Storage.Structures.Hashes;
using Sigrun.Storage.Structures.Sets;
using Sigrun.Tests.Harness;
using Sigrun.Types;

namespace Sigrun.Tests.Persistence;

/// <summary>Payloads of sets and hashes: those of the reference server, old forms, and damaged ones.</summary>
public sealed class CollectionPayloadTests : IDisposable
{
    private readonly Heap _heap = new(new HeapOptions { ReserveBytes = 1L << 30, Checking = true });
    private readonly EngineSettings _settings = new();

    /// <summary>A command that makes a value, and what the reference server dumps of it.</summary>
    public static TheoryData<string, string> References => new()
    {
        { "SADD k 1 2 3", "0b0e020000000300000001000200030050006a289573f33c2aef" },
        { "SADD k -70000 5", "0b10040000000200000090eefeff050000005000b6731add14991402" },
        { "SADD k 9223372036854775807 0", "0bc311180408000000022003c00000ff600001ff7f5000ea5715eb2f34c4cb" },
        { "SADD k a b 12", "140f0f00000003008161028162020c01ff5000759c37d31e33ea7b" },
        { "SADD k xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx -1", "14c313404d084d0000000200e04078e036000442dfff02ff500053ed9a66046dad4f" },
        { "SADD k yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy", "0201c3094041017979e03400017979500010c7f14af3e4dbb9" },
        { "HSET k f v", "100d0d0000000200816602817602ff5000efdbf4d5bd066f69" },
        { "HSET k a 1 b -300 c zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz", "10c31d3f153f00000006008161020101816202ded402816302a87ae01e000129ff500010d6a3273337919d" },
        { "HSET k f wwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwwww", "04010166c3094041017777e03400017777500022b2299d223dbb79" },
        { "HSETEX k PXAT 4000000000123 FIELDS 1 f v", "1601016601767b409452a303000050002061f888bc052a2d" },
        { "HSETEX k PXAT 9223372036854775807 FIELDS 1 12 34", "1601c00cc022ffffffffffffff7f50004f43d4e3cf40b6c7" },
    };

    public void Dispose() => _heap.Dispose();

    [Theory]
    [MemberData(nameof(References))]
    public void Dump_replies_the_same_bytes_and_restore_reads_them(string command, string payload)
    {
        using var server = new TestServer(settings => settings.Security.EnableDebugCommand = ProtectedAction.Yes);
        using RespClient client = server.Connect();
        client.Line(command);
        Assert.Equal(payload, Convert.ToHexStringLower(client.Line("DUMP k").Bytes));
        Assert.Equal("+OK", client.Send("RESTORE"u8.ToArray(), "r"u8.ToArray(), "0"u8.ToArray(), Convert.FromHexString(payload)));
        Assert.Equal(client.Line("OBJECT ENCODING k").Text, client.Line("OBJECT ENCODING r").Text);
        Assert.Single(client.Line("DEBUG DIGEST-VALUE k r").Items.Select(d => d.Text).Distinct());
    }

    [Theory]
    [InlineData("090f020361626301007801640200797aff", "listpack", "abc x d yz")] // zipmap
    [InlineData("0d1b1b00000016000000040000026631040276310402663204027632ff", "listpack", "f1 v1 f2 v2")] // ziplist
    [InlineData("04020161016201630164", "listpack", "a b c d")]
    [InlineData("160201610162ffffffffffffffff0163016400409452a3030000", "hashtable", "a b c d")]
    public void Old_and_plain_forms_of_hashes_are_read(string hex, string encoding, string fields)
    {
        LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
        Assert.True(TryLoad(Convert.FromHexString(hex), ref target));
        Assert.Equal(encoding, System.Text.Encoding.ASCII.GetString(ValueTypes.EncodingName(target.Entry.Encoding)));
        HashCursor found = HashValue.Fields(target.Entry, HashValue.BeforeAll);
        List<string> texts = [];
        while (found.MoveNext()) texts.Add(Text(found.Field) + " " + Text(found.Value));
        Assert.Equal(fields, string.Join(' ', texts.Order()));
        target.Discard();
        _heap.AssertEmpty();
    }

    [Theory]
    [InlineData("02020161c005", "listpack", "5 a")]
    [InlineData("0202c006c005", "intset", "5 6")]
    public void Plain_forms_of_sets_are_read(string hex, string encoding, string members)
    {
        LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
        Assert.True(TryLoad(Convert.FromHexString(hex), ref target));
        Assert.Equal(encoding, System.Text.Encoding.ASCII.GetString(ValueTypes.EncodingName(target.Entry.Encoding)));
        List<string> texts = [];
        foreach (ListpackElement member in SetValue.Members(target.Entry)) texts.Add(Text(member));
        Assert.Equal(members, string.Join(' ', texts.Order()));
        target.Discard();
        _heap.AssertEmpty();
    }

    [Theory]
    [InlineData("0200")] // no members
    [InlineData("020201610161")] // one twice
    [InlineData("0202c00501350161")]
    [InlineData("028080000000")] // more than there are bytes
    [InlineData("0281ffffffffffffffff")]
    [InlineData("0b0b02000000010000000100ff")]
    [InlineData("0b0c020000000200000005000500")]
    [InlineData("0b0c020000000200000005000400")]
    [InlineData("0b08020000000000000000")]
    [InlineData("140707000000" + "0000ff")] // an empty listpack
    [InlineData("140d0d00000002008161028161" + "02ff")]
    [InlineData("100b0b00000001008161" + "0202ff")] // a field without a value
    [InlineData("101313000000040081610281620281610281" + "6302ff")] // a field twice
    [InlineData("0400")]
    [InlineData("0401016101")]
    [InlineData("04020161016201610163")]
    [InlineData("160101610162feffffffffffffff")] // before all times
    [InlineData("0d1717000000130000000400000166030131030166030132ff")] // a field twice
    [InlineData("0d1414000000100000000300000166030131030167ff")] // one without a value
    [InlineData("0902" + "00ff")]
    [InlineData("09090101610100620102ff")]
    public void What_makes_no_sense_is_refused(string hex)
    {
        LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
        Assert.False(TryLoad(Convert.FromHexString(hex), ref target));
        _heap.AssertEmpty();
    }

    [Fact]
    public void Every_cut_and_every_flipped_bit_is_refused_or_read_as_something_else()
    {
        int read = 0;
        foreach (object[] reference in (IEnumerable<object[]>)References)
        {
            byte[] payload = Convert.FromHexString((string)reference[1])[..^RdbFormat.FooterBytes];
            for (int length = 0; length < payload.Length; length++) read += Survive(payload.AsSpan(0, length));
            for (int bit = 0; bit < payload.Length * 8; bit++)
            {
                byte[] damaged = [.. payload];
                damaged[bit / 8] ^= (byte)(1 << (bit % 8));
                read += Survive(damaged);
            }
        }
        _heap.AssertEmpty();
        Assert.InRange(read, 200, 1500);
    }

    [Fact]
    public void Damage_by_chance_is_survived()
    {
        var random = new Random(7);
        object[][] references = [.. (IEnumerable<object[]>)References];
        for (int i = 0; i < 5000; i++)
        {
            byte[] payload = Convert.FromHexString((string)references[i % references.Length][1])[..^RdbFormat.FooterBytes];
            for (int change = random.Next(1, 5); change > 0; change--) payload[random.Next(payload.Length)] = (byte)random.Next(256);
            Survive(payload);
        }
        _heap.AssertEmpty();
    }

    /// <summary>Loads, works a little on what came out, saves and frees it; 1 when something came out.</summary>
    private int Survive(ReadOnlySpan<byte> payload)
    {
        LoadTarget target = new(_heap, _settings, 0, "k"u8, -1);
        if (!TryLoad(payload, ref target)) return 0;
        EntryRef entry = target.Entry;
        if (entry.Type is EntryType.Set or EntryType.Hash)
        {
            var writer = new RdbWriter();
            ValueTypes.Of(entry.Type).Save(entry, writer);
            DetachedEntry.Free(_heap, ValueTypes.Of(entry.Type).Copy(entry, _heap, "other"u8, -1));
            StructureEditor editor = StructureEditor.ForDetached(_heap, entry);
            if (entry.Type == EntryType.Set) SetValue.Add(editor, _settings.Types.SetLimits, "one more"u8);
            else new HashEditor(editor).Set(_settings.Types.HashLimits, "one more"u8, "v"u8, 5, false, 0);
        }
        target.Discard();
        return 1;
    }

    private static bool TryLoad(ReadOnlySpan<byte> payload, ref LoadTarget target)
    {
        var reader = new RdbReader(payload, new ScratchBuffer(), 1 << 20);
        try
        {
            byte form = reader.ReadByte();
            if (!RdbFormat.IsType(form) || ValueTypes.Of((RdbType)form) is not { } type) return false;
            type.Load((RdbType)form, ref reader, ref target);
            return true;
        }
        catch (RdbFormatException)
        {
            target.Discard();
            return false;
        }
    }

    private static string Text(ListpackElement element) =>
        System.Text.Encoding.ASCII.GetString(element.GetBytes(stackalloc byte[ListpackElement.DigitsMax]));
}
