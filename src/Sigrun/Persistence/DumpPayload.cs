using System.Buffers.Binary;
using Sigrun.Configuration;
using Sigrun.Storage;
using Sigrun.Types;
using ValueType = Sigrun.Types.ValueType;

namespace Sigrun.Persistence;

/// <summary>Makes and opens the payloads of DUMP and RESTORE: one value with a version and a checksum behind it.</summary>
/// <remarks>One per engine; its buffers are reused from one command to the next.</remarks>
internal sealed class DumpPayload(EngineSettings settings)
{
    private readonly EngineSettings _settings = settings;
    private readonly RdbWriter _writer = new();
    private readonly ScratchBuffer _scratch = new();

    /// <summary>Whether checksums are taken for granted (DEBUG SET-SKIP-CHECKSUM-VALIDATION).</summary>
    public bool SkipsChecksum { get; set; }

    /// <summary>The version of the payloads that are made: that of snapshot files, since they are read by the same servers.</summary>
    private int Version => RdbFormat.Written(_settings.Persistence.RdbSaveVersion);

    /// <summary>Whether that version has a form for a value.</summary>
    public bool CanMake(EntryRef entry) => RdbFormat.IsKnownTo(ValueTypes.Of(entry.Type).SavedAs(entry, Version), Version);

    /// <summary>What to reply when it has none.</summary>
    public string Refusal(EntryRef entry, int database) => "ERR " + RdbEncoder.Refusal(entry, database, Version);

    /// <summary>The payload of a value; valid until the next call.</summary>
    public ReadOnlySpan<byte> Make(EntryRef entry)
    {
        ValueType type = ValueTypes.Of(entry.Type);
        _writer.Clear();
        _writer.Compresses = _settings.Persistence.RdbCompression;
        _writer.Version = Version;
        _writer.WriteType(type.SavedAs(entry, Version));
        type.Save(entry, _writer);
        _writer.WriteUInt16((ushort)Version);
        _writer.WriteUInt64(Crc64.Compute(_writer.Written));
        return _writer.Written;
    }

    /// <summary>The bytes that the value alone takes in a payload.</summary>
    public int SavedLength(EntryRef entry)
    {
        _writer.Clear();
        _writer.Compresses = _settings.Persistence.RdbCompression;
        ValueTypes.Of(entry.Type).Save(entry, _writer);
        return _writer.Written.Length;
    }

    /// <summary>Whether a payload has a version that this server reads, and the right checksum.</summary>
    /// <param name="payload">The payload.</param>
    /// <param name="version">Its version.</param>
    public bool TryVerify(ReadOnlySpan<byte> payload, out int version)
    {
        version = 0;
        if (payload.Length < RdbFormat.FooterBytes) return false;
        ReadOnlySpan<byte> footer = payload[^RdbFormat.FooterBytes..];
        version = BinaryPrimitives.ReadUInt16LittleEndian(footer);
        if (!IsAccepted(version)) return false;
        if (SkipsChecksum) return true;
        ReadOnlySpan<byte> summed = payload[..^sizeof(ulong)];
        return Crc64.Compute(summed) == BinaryPrimitives.ReadUInt64LittleEndian(footer[sizeof(ushort)..]);
    }

    /// <summary>A reader of the value in a verified payload.</summary>
    public RdbReader Open(ReadOnlySpan<byte> payload) =>
        new(payload[..^RdbFormat.FooterBytes], _scratch, _settings.Network.ProtoMaxBulkBytes);

    /// <summary>Whether a payload is one that <c>sanitize-dump-payload</c> wants checked. Checked it is anyway.</summary>
    public bool CountsChecked(bool mayTrust) => _settings.Persistence.SanitizeDumpPayload switch
    {
        SanitizeDumpPayload.Yes => true,
        SanitizeDumpPayload.Clients => !mayTrust,
        _ => false,
    };

    /// <summary>Ends the use of what was made or read last.</summary>
    public void Release()
    {
        _writer.Clear();
        _scratch.Release();
    }

    private bool IsAccepted(int version)
    {
        if (version < 1) return false;
        if (_settings.Persistence.RdbVersionCheck == RdbVersionCheck.Relaxed) return true;
        return version <= RdbFormat.Version && !RdbFormat.IsForeign(version);
    }
}
