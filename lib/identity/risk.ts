/** How risky a request is, by its score: `low` below 0.34, `medium` below 0.67, `high` from there on. */
export type RiskLevel = 'low' | 'medium' | 'high';

/** What one signal said of a request. */
export interface AssessedSignal {
  readonly name: string;
  /** From 0, nothing speaks against the request, to 1. */
  readonly score: number;
  /** Why, for the operator: the caller never hears it. */
  readonly reason: string;
  /** It gave no assessment, or none in time: the score is the worst that it could have given. */
  readonly failed?: true;
}

/** The risk of one request: that of its riskiest signal. */
export interface Risk {
  readonly level: RiskLevel;
  readonly score: number;
  readonly signals: readonly AssessedSignal[];
}
