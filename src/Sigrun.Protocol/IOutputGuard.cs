namespace Sigrun.Protocol;

/// <summary>Decides how much output may wait for a client.</summary>
public interface IOutputGuard
{
    /// <summary>Output has grown by a segment. False when that is too much: the writer was cut off then.</summary>
    bool MayGrow();
}
