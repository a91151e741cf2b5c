namespace Sigrun.Storage; internal static class Marker;
