/** The parts of ml-regression 6 that the stages use; the package has no types of its own. */
declare module "ml-regression" {
  export class MultivariateLinearRegression {
    constructor(x: number[][], y: number[][], options?: { intercept?: boolean; statistics?: boolean });
    /** One row for each feature and, last, the intercept; one column for each output. */
    readonly weights: number[][];
    /** Standard errors of the weights of the first output. */
    readonly stdErrors: number[];
    predict(x: number[][]): number[][];
  }

  export class PolynomialRegression {
    constructor(x: number[], y: number[], degree: number);
    /** From the constant upwards. */
    readonly coefficients: number[];
    predict(x: number[]): number[];
  }

  export class KernelRidgeRegression {
    constructor(
      x: number[][],
      y: number[][],
      options: { lambda: number; kernelType: "gaussian"; kernelOptions: { sigma: number } },
    );
    /** One weight for each row of training, as a column. */
    readonly alpha: { to1DArray(): number[] };
    predict(x: number[][]): number[][];
  }
}
